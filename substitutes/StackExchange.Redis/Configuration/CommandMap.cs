using System.Collections.Frozen;
using System.Text;

namespace StackExchange.Redis;

/// <summary>Which commands may be sent, and under which names.</summary>
public sealed class CommandMap
{
    private readonly FrozenDictionary<string, string?> _overrides;
    private readonly FrozenSet<string>? _allowed;

    private CommandMap(IEnumerable<KeyValuePair<string, string?>> overrides, IEnumerable<string>? allowed = null)
    {
        _overrides = overrides.ToFrozenDictionary(pair => pair.Key, pair => pair.Value, StringComparer.OrdinalIgnoreCase);
        _allowed = allowed?.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Every command, under its own name.</summary>
    public static CommandMap Default { get; } = new([]);

    internal bool IsDefault => _overrides.Count == 0 && _allowed is null;

    /// <summary>A map that renames commands; a null or empty name disables one.</summary>
    public static CommandMap Create(Dictionary<string, string?>? overrides) => overrides is null or { Count: 0 } ? Default : new(overrides);

    /// <summary>A map in which only these commands are available, or all but these.</summary>
    public static CommandMap Create(HashSet<string> commands, bool available = true)
    {
        ArgumentNullException.ThrowIfNull(commands);
        return available ? new([], commands) : new(commands.Select(command => KeyValuePair.Create(command, (string?)null)));
    }

    /// <summary>The changes, as they are written in a connection string.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (command, name) in _overrides.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (text.Length > 0) text.Append(',');
            text.Append('$').Append(command.ToUpperInvariant()).Append('=').Append(name);
        }
        return text.ToString();
    }

    /// <summary>The name under which a command is sent, or null when it is disabled.</summary>
    internal string? NameOf(string command)
    {
        if (_overrides.TryGetValue(command, out var name)) return string.IsNullOrEmpty(name) ? null : name;
        return _allowed is null || _allowed.Contains(command) ? command : null;
    }
}
