using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;

namespace StackExchange.Redis;

/// <summary>A script whose <c>@name</c> marks stand for members of a parameter object: keys for those of type RedisKey, arguments for others.</summary>
public sealed partial class LuaScript
{
    private static readonly ConcurrentDictionary<string, LuaScript> s_cache = new(StringComparer.Ordinal);
    private readonly string[] _names;
    private readonly ConcurrentDictionary<Type, Binding> _bindings = new();

    private LuaScript(string script)
    {
        OriginalScript = script;
        _names = [.. Marks().Matches(script).Select(match => match.Groups["name"].Value).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)];
        ExecutableScript = Rewrite(script);
    }

    /// <summary>The script as it was written.</summary>
    public string OriginalScript { get; }

    /// <summary>The script as the server is given it.</summary>
    public string ExecutableScript { get; }

    /// <summary>Prepares a script; the same text is prepared once.</summary>
    public static LuaScript Prepare(string script) => s_cache.GetOrAdd(script, static text => new(text));

    /// <summary>Forgets the prepared scripts.</summary>
    public static void PurgeCache() => s_cache.Clear();

    /// <summary>How many prepared scripts are kept.</summary>
    public static int GetCachedScriptCount() => s_cache.Count;

    /// <summary>Runs the script with the members of an object as its parameters.</summary>
    /// <exception cref="ArgumentException">The object lacks a member that the script names, or it has one of a type that cannot be sent.</exception>
    public Task<RedisResult> EvaluateAsync(
        IDatabaseAsync db, object? ps = null, RedisKey? withKeyPrefix = null, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(db);
        var (keys, values) = Extract(ps, withKeyPrefix);
        return db.ScriptEvaluateAsync(ExecutableScript, keys, values, flags);
    }

    /// <summary>Gives the server the script in advance.</summary>
    public async Task<LoadedLuaScript> LoadAsync(IServer server, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(server);
        return new(this, await server.ScriptLoadAsync(ExecutableScript, flags).ConfigureAwait(false));
    }

    internal (RedisKey[] Keys, RedisValue[] Values) Extract(object? parameters, RedisKey? prefix)
    {
        if (_names.Length == 0) return ([], []);
        ArgumentNullException.ThrowIfNull(parameters, "ps");
        var binding = _bindings.GetOrAdd(parameters.GetType(), Bind);
        var keys = new List<RedisKey>();
        var values = new List<RedisValue>(_names.Length);
        foreach (var member in binding.Members)
        {
            var value = member(parameters);
            if (value is RedisKey key)
            {
                if (prefix is { } start) key = key.Prepend(start);
                keys.Add(key);
                values.Add(key.AsValue());
            }
            else values.Add(RedisValue.Unbox(value));
        }
        return ([.. keys], [.. values]);
    }

    private Binding Bind(Type type)
    {
        var members = _names.Select(name =>
        {
            if (type.GetProperty(name, BindingFlags.Public | BindingFlags.Instance) is { CanRead: true } property) return (Func<object, object?>)property.GetValue;
            if (type.GetField(name, BindingFlags.Public | BindingFlags.Instance) is { } field) return field.GetValue;
            throw new ArgumentException($"The parameters of type {type} have no member '{name}', which the script names as @{name}.", nameof(type));
        });
        return new([.. members]);
    }

    // Every parameter is an argument, at a fixed position; keys are handed over as keys too, so that a cluster can route the script.
    private string Rewrite(string script)
    {
        if (_names.Length == 0) return script;
        return Marks().Replace(script, match =>
        {
            var name = match.Groups["name"].Value;
            return name.Length == 0 ? match.Value : $"{match.Groups["before"].Value}ARGV[{Array.IndexOf(_names, name) + 1}]";
        });
    }

    [GeneratedRegex(
        """@@|(?<before>^|[^A-Za-z0-9_@"'])@(?<name>[A-Za-z_][A-Za-z0-9_]*)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Marks();

    private sealed record Binding(Func<object, object?>[] Members);
}

/// <summary>A prepared script that a server has been given.</summary>
public sealed class LoadedLuaScript
{
    private readonly LuaScript _script;

    internal LoadedLuaScript(LuaScript script, byte[] hash) => (_script, Hash) = (script, hash);

    /// <summary>The script as it was written.</summary>
    public string OriginalScript => _script.OriginalScript;

    /// <summary>The script as the server was given it.</summary>
    public string ExecutableScript => _script.ExecutableScript;

    /// <summary>The SHA-1 by which the server knows the script.</summary>
    [System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)]
    public byte[] Hash { get; }

    /// <summary>Runs the script by its hash; fails with NOSCRIPT when the server has forgotten it.</summary>
    public Task<RedisResult> EvaluateAsync(
        IDatabaseAsync db, object? ps = null, RedisKey? withKeyPrefix = null, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(db);
        var (keys, values) = _script.Extract(ps, withKeyPrefix);
        return db.ScriptEvaluateAsync(Hash, keys, values, flags);
    }
}
