using System.Globalization;
using System.Text;

namespace StackExchange.Redis;

/// <summary>A command by name, with the bytes that name takes on the wire.</summary>
internal sealed class Command
{
    private readonly byte[] _bulk;

    public Command(string name, bool admin = false, bool changesDatabase = false, bool changesConnection = false)
    {
        Name = name;
        IsAdmin = admin;
        ChangesDatabase = changesDatabase;
        ChangesConnection = changesConnection;
        _bulk = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(name)}\r\n{name}\r\n"));
    }

    public string Name { get; }

    /// <summary>Whether the command needs <see cref="ConfigurationOptions.AllowAdmin"/>.</summary>
    public bool IsAdmin { get; }

    /// <summary>Whether the commands behind it run in a database that only the server knows.</summary>
    public bool ChangesDatabase { get; }

    /// <summary>
    /// Whether the connection is for something else afterwards, so that callers may not give the command by name: replies would come
    /// unasked, or one command would have several.
    /// </summary>
    public bool ChangesConnection { get; }

    public ReadOnlySpan<byte> Bulk => _bulk;

    public override string ToString() => Name;

    /// <summary>The same command under the name that a command map gives it.</summary>
    /// <exception cref="RedisCommandException">The map disables the command.</exception>
    public Command MappedBy(CommandMap map)
    {
        if (map.IsDefault) return this;
        var name = map.NameOf(Name)
            ?? throw new RedisCommandException($"This operation has been disabled in the command-map and cannot be used: {Name}");
        return name == Name ? this : new(name, IsAdmin, ChangesDatabase, ChangesConnection);
    }
}
