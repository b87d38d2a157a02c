using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Aspire.Hosting.Runtime;

/// <summary>The values that are kept per user, outside the repository.</summary>
internal sealed class UserSecrets
{
    private const int LockedByAnother = 11;
    private const int LooksAtLock = 10_000;

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    // What configuration files may have, too.
    private static readonly JsonDocumentOptions s_forgiving = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private UserSecrets(string? filePath) => FilePath = filePath;

    /// <summary>The file, or null when the application host has no user secrets id.</summary>
    public string? FilePath { get; }

    public static UserSecrets Of(Assembly? assembly)
    {
        var id = Environment.GetEnvironmentVariable("ASPIRE_USER_SECRETS_ID") ?? assembly?.GetCustomAttribute<UserSecretsIdAttribute>()?.UserSecretsId;
        return new UserSecrets(string.IsNullOrEmpty(id) ? null : PathHelper.GetSecretsPathFromSecretsId(id));
    }

    /// <summary>Adds the secrets below the environment variables, in every environment: they hold what runs generated.</summary>
    /// <exception cref="DistributedApplicationException">The file cannot be read.</exception>
    public void AddTo(ConfigurationManager configuration)
    {
        if (FilePath is null)
            return;

        Check(FilePath);
        var source = new JsonConfigurationSource { Path = FilePath, Optional = true };
        source.ResolveFileProvider();
        var sources = ((IConfigurationBuilder)configuration).Sources;
        var environment = sources.OfType<EnvironmentVariablesConfigurationSource>().LastOrDefault(s => string.IsNullOrEmpty(s.Prefix));
        if (environment is null)
            sources.Add(source);
        else
            sources.Insert(sources.IndexOf(environment), source);
    }

    private static void Check(string path)
    {
        try
        {
            Read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DistributedApplicationException(
                $"The user secrets in '{path}' cannot be read: {e.Message} Mend the file; if that is not possible, delete it and run with "
                + "'reset', because the passwords in it are those of the data that is kept.",
                e);
        }
    }

    /// <summary>
    /// The value that is kept, or a new one that is kept from now on: application hosts that start at once get the same.
    /// </summary>
    public string GetOrKeep(string key, Func<string> make)
    {
        if (Get(key) is { Length: > 0 } kept)
            return kept;

        var value = make();
        TryChange(secrets =>
        {
            if ((string?)secrets[key] is { Length: > 0 } other)
                value = other;
            else
                secrets[key] = value;
        });
        return value;
    }

    /// <summary>Keeps a value; a file that cannot be written costs only the persistence.</summary>
    public void TrySet(string key, string value) => TryChange(secrets => secrets[key] = value);

    /// <summary>Forgets values; returns those that were there.</summary>
    public IReadOnlyList<string> Remove(IEnumerable<string> keys)
    {
        var removed = new List<string>();
        TryChange(secrets => removed.AddRange(keys.Where(secrets.Remove)));
        return removed;
    }

    private string? Get(string key)
    {
        try
        {
            return FilePath is null ? null : (string?)Read(FilePath)[key];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private void TryChange(Action<JsonObject> change)
    {
        if (FilePath is null)
            return;

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
            using var turn = TakeTurn($"{FilePath}.lock");
            var secrets = Read(FilePath);
            change(secrets);
            var temporary = $"{FilePath}.new";
            using (var file = OpenPrivate(temporary, FileMode.Create))
                JsonSerializer.Serialize(file, secrets, s_indented);
            File.Move(temporary, FilePath, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // What could not be kept is made anew by the next run.
        }
    }

    // Two application hosts that read, change and write at once would each keep only what is its own.
    private static FileStream TakeTurn(string path)
    {
        for (var looks = 0; ; looks++)
        {
            try
            {
                return OpenPrivate(path, FileMode.OpenOrCreate);
            }
            catch (IOException e) when (e.HResult == LockedByAnother && looks < LooksAtLock)
            {
                Thread.Sleep(1);
            }
        }
    }

    private static FileStream OpenPrivate(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private static JsonObject Read(string path)
    {
        if (!File.Exists(path))
            return [];
        return JsonNode.Parse(File.ReadAllText(path), documentOptions: s_forgiving) as JsonObject
            ?? throw new JsonException("It is not an object of settings.");
    }
}
