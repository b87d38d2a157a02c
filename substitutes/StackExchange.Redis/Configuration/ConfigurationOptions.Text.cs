using System.Globalization;
using System.Security.Authentication;
using System.Text;

namespace StackExchange.Redis;

public sealed partial class ConfigurationOptions
{
    private const string Mask = "*****";

    /// <summary>Every key of a connection string: how it is read, and how it is written when it was set.</summary>
    private static readonly Option[] s_options =
    [
        new("name", (o, _, v) => o.ClientName = v, o => o.ClientName),
        new("serviceName", (o, _, v) => o.ServiceName = v, o => o.ServiceName),
        new("keepAlive", (o, k, v) => o.KeepAlive = Number(k, v), o => Text(o._keepAlive)),
        new("syncTimeout", (o, k, v) => o.SyncTimeout = Number(k, v, 1), o => Text(o._syncTimeout)),
        new("asyncTimeout", (o, k, v) => o.AsyncTimeout = Number(k, v, 1), o => Text(o._asyncTimeout)),
        new("allowAdmin", (o, k, v) => o.AllowAdmin = Flag(k, v), o => Text(o._allowAdmin)),
        new("version", (o, k, v) => o.DefaultVersion = ParseVersion(k, v), o => o._defaultVersion?.ToString()),
        new("connectTimeout", (o, k, v) => o.ConnectTimeout = Number(k, v), o => Text(o._connectTimeout)),
        new("user", (o, _, v) => o.User = v, o => o._user),
        new("password", (o, _, v) => o.Password = v, o => o._password, Secret: true),
        new("tiebreaker", (o, _, v) => o.TieBreaker = v, o => Changed(o.TieBreaker, "__Booksleeve_TieBreak")),
        new("ssl", (o, k, v) => o.Ssl = Flag(k, v), o => Text(o._ssl)),
        new("sslProtocols", (o, k, v) => o.SslProtocols = ParseProtocols(k, v), o => o.SslProtocols?.ToString().Replace(", ", "|", StringComparison.Ordinal)),
        new("checkCertificateRevocation", (o, k, v) => o.CheckCertificateRevocation = Flag(k, v), o => Text(o._checkCertificateRevocation)),
        new("sslHost", (o, _, v) => o.SslHost = v, o => o._sslHost),
        new("highIntegrity", (o, k, v) => o.HighIntegrity = Flag(k, v), o => o.HighIntegrity ? "True" : null),
        new("tcpKeepAlive", (o, k, v) => o.TcpKeepAlive = Flag(k, v), o => o.TcpKeepAlive ? null : "False"),
        new("configChannel", (o, _, v) => o.ConfigurationChannel = v, o => Changed(o.ConfigurationChannel, "__Booksleeve_MasterChanged")),
        new("abortConnect", (o, k, v) => o.AbortOnConnectFail = Flag(k, v), o => Text(o._abortOnConnectFail)),
        new("resolveDns", (o, k, v) => o.ResolveDns = Flag(k, v), o => o.ResolveDns ? "True" : null),
        new("channelPrefix", (o, _, v) => o.ChannelPrefix = RedisChannel.Literal(v), o => o.ChannelPrefix),
        new("connectRetry", (o, k, v) => o.ConnectRetry = Number(k, v), o => Text(o._connectRetry)),
        new("configCheckSeconds", (o, k, v) => o.ConfigCheckSeconds = Number(k, v), o => o.ConfigCheckSeconds == 60 ? null : Text(o.ConfigCheckSeconds)),
        new("topologyRefreshSeconds", (o, k, v) => o.TopologyRefreshSeconds = Number(k, v, 0), o => o.TopologyRefreshSeconds == 1800 ? null : Text(o.TopologyRefreshSeconds)),
        new("defaultDatabase", (o, k, v) => o.DefaultDatabase = Number(k, v), o => Text(o.DefaultDatabase)),
        new("setlib", (o, k, v) => o.SetClientLibrary = Flag(k, v), o => Text(o._setClientLibrary)),
        new("protocol", (o, k, v) => o.Protocol = ParseProtocol(k, v), o => o._protocol?.ToString().ToLowerInvariant()),
        new("proxy", (o, k, v) => o.Proxy = Enum.TryParse(v, ignoreCase: true, out Proxy p) ? p : throw Bad(k, v, "None, Twemproxy or Envoyproxy"),
            o => o.Proxy == Proxy.None ? null : o.Proxy.ToString()),
        new("highPriorityThreads", (_, _, _) => { }, _ => null),
        new("preserveAsyncOrder", (_, _, _) => { }, _ => null),
        new("responseTimeout", (_, _, _) => { }, _ => null),
        new("writeBuffer", (_, _, _) => { }, _ => null),
    ];

    /// <summary>Reads a connection string: servers and key=value pairs, separated by commas.</summary>
    /// <exception cref="ArgumentException">The string is empty, or a key is not known or its value is not valid.</exception>
    public static ConfigurationOptions Parse(string configuration) => Parse(configuration, ignoreUnknown: false);

    /// <summary>Reads a connection string; unknown keys are skipped if so wished.</summary>
    /// <exception cref="ArgumentException">The string is empty, or a key is not known or its value is not valid.</exception>
    public static ConfigurationOptions Parse(string configuration, bool ignoreUnknown)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (string.IsNullOrWhiteSpace(configuration)) throw new ArgumentException("is empty", nameof(configuration));
        var options = new ConfigurationOptions();
        var renamed = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var token in configuration.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = token.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                if (EndPointCollection.TryParse(token) is { } endpoint) options.EndPoints.TryAdd(endpoint);
                continue;
            }
            var (key, value) = (token[..equals].Trim(), token[(equals + 1)..].Trim());
            if (key[0] == '$') renamed[key[1..]] = value;
            else options.Set(key, value, ignoreUnknown);
        }
        if (renamed.Count > 0) options.CommandMap = CommandMap.Create(renamed);
        return options;
    }

    /// <summary>The connection string, with the password.</summary>
    public override string ToString() => ToString(includePassword: true);

    /// <summary>The connection string, with the password or with stars in its place.</summary>
    public string ToString(bool includePassword)
    {
        var text = new StringBuilder();
        foreach (var endpoint in EndPoints) Append(EndPointCollection.ToString(endpoint));
        foreach (var option in s_options)
        {
            if (option.Write(this) is not { Length: > 0 } value) continue;
            Append($"{option.Key}={(option.Secret && !includePassword ? Mask : value)}");
        }
        if (_commandMap is { IsDefault: false }) Append(_commandMap.ToString());
        return text.ToString();

        void Append(string token)
        {
            if (token.Length == 0) return;
            if (text.Length > 0) text.Append(',');
            text.Append(token);
        }
    }

    private void Set(string key, string value, bool ignoreUnknown)
    {
        var option = Array.Find(s_options, option => option.Key.Equals(key, StringComparison.OrdinalIgnoreCase));
        if (option is not null) option.Read(this, key, value);
        else if (!ignoreUnknown) throw new ArgumentException($"Keyword '{key}' is not supported.", key);
    }

    private static string? Text(bool? value) => value?.ToString();

    private static string? Text(int? value) => value?.ToString(CultureInfo.InvariantCulture);

    private static string? Changed(string value, string standard) => value == standard ? null : value;

    private static int Number(string key, string value, int minimum = int.MinValue)
    {
        if (!int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)) throw Bad(key, value, "a number");
        return number >= minimum ? number : throw Bad(key, value, $"at least {minimum}");
    }

    private static bool Flag(string key, string value) => value.ToUpperInvariant() switch
    {
        "TRUE" or "1" or "YES" or "ON" => true,
        "FALSE" or "0" or "NO" or "OFF" => false,
        _ => throw Bad(key, value, "true or false"),
    };

    private static Version ParseVersion(string key, string value)
    {
        if (Version.TryParse(value, out var version)) return version;
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? new(major, 0) : throw Bad(key, value, "a version like 7.0");
    }

    private static RedisProtocol ParseProtocol(string key, string value) => value.ToUpperInvariant() switch
    {
        "RESP2" or "2" => RedisProtocol.Resp2,
        "RESP3" or "3" => RedisProtocol.Resp3,
        _ => throw Bad(key, value, "resp2 or resp3"),
    };

    private static SslProtocols ParseProtocols(string key, string value) =>
        Enum.TryParse(value.Replace('|', ','), ignoreCase: true, out SslProtocols protocols) ? protocols : throw Bad(key, value, "TLS versions separated by |");

    private static ArgumentOutOfRangeException Bad(string key, string value, string expected) =>
        new(key, $"Keyword '{key}' requires {expected}, but the value is '{value}'.");

    private sealed record Option(
        string Key, Action<ConfigurationOptions, string, string> Read, Func<ConfigurationOptions, string?> Write, bool Secret = false);
}
