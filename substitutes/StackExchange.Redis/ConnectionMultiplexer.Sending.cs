using StackExchange.Redis.Profiling;

namespace StackExchange.Redis;

public sealed partial class ConnectionMultiplexer
{
    private byte[]? _multiFrame;
    private byte[]? _execFrame;

    /// <summary>Starts a command that the map and the options allow.</summary>
    internal CommandFrame Start(Command command)
    {
        if (command.IsAdmin && !_options.AllowAdmin)
        {
            throw new RedisCommandException($"This operation is not available unless admin mode is enabled: {command.Name}. Set allowAdmin=true to allow it.");
        }
        return CommandFrame.Start(command, Map);
    }

    /// <summary>MULTI as it goes over the wire.</summary>
    internal byte[] MultiFrame => _multiFrame ??= CommandFrame.Alone(Commands.Multi.MappedBy(Map));

    /// <summary>EXEC as it goes over the wire.</summary>
    internal byte[] ExecFrame => _execFrame ??= CommandFrame.Alone(Commands.Exec.MappedBy(Map));

    /// <summary>Composes a command given by name.</summary>
    /// <exception cref="RedisCommandException">The name is not one word, or the command is not allowed.</exception>
    /// <exception cref="InvalidCastException">An argument is of a type that cannot be sent.</exception>
    internal CommandFrame Compose(string command, ICollection<object>? args)
    {
        ArgumentException.ThrowIfNullOrEmpty(command);
        if (command.AsSpan().ContainsAny(" \r\n\t"))
        {
            throw new RedisCommandException($"The command '{command}' is not one word; pass '{command.Split(' ')[0]}' as the command and the rest as arguments.");
        }
        object?[] arguments = args is null ? [] : [.. args];
        var known = KnownCommand(command);
        if (known.ChangesConnection)
        {
            throw new RedisCommandException(
                $"{known} would change the connection that everybody shares; use {nameof(ISubscriber)} to subscribe.");
        }
        var frame = Start(known);
        foreach (var argument in arguments)
        {
            switch (argument)
            {
                case RedisKey key:
                    frame.Add(key);
                    break;
                case RedisChannel channel:
                    frame.Add(Subscriptions.OnWire(channel));
                    break;
                case null:
                    frame.Add(RedisValue.EmptyString);
                    break;
                default:
                    if (!RedisValue.TryUnbox(argument, out var value))
                    {
                        throw new InvalidCastException($"Unable to cast an argument of {command} from {argument.GetType()} to RedisValue; pass text, bytes or a number.");
                    }
                    frame.Add(value);
                    break;
            }
        }
        return frame;
    }

    internal ProfiledCommand? Profile(int database, Command command, CommandFlags flags) => _profiler?.Invoke() is { } session
        ? new(session, Interactive.Live?.EndPoint ?? EndPoints[0], database, command.Name, flags)
        : null;

    private static Command KnownCommand(string name)
    {
        var upper = name.ToUpperInvariant();
        return Commands.Known.TryGetValue(upper, out var command) ? command : new(upper);
    }
}
