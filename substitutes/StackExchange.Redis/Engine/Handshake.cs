using System.Globalization;

namespace StackExchange.Redis;

/// <summary>Introduces the client on a new connection and learns what the server is. Everything goes out in one write.</summary>
internal sealed class Handshake(RedisConnection connection, Lock gate, ConfigurationOptions options)
{
    private readonly SendBuffer _frames = new();
    private readonly List<Message<RedisResult>> _steps = [];

    /// <exception cref="RedisConnectionException">The server refuses the client, is still loading, or does not speak RESP.</exception>
    public async Task<ServerFacts> RunAsync(string clientName, string libraryName, CancellationToken cancellationToken)
    {
        var auth = (options.User, options.Password) switch
        {
            // Without a password, too: otherwise the default user's rights would be taken for those of the named one.
            ({ Length: > 0 } user, var password) => Add(Commands.Auth, user, password ?? ""),
            (_, { Length: > 0 } password) => Add(Commands.Auth, password),
            _ => null,
        };
        var hello = options.TryResp3 ? Add(Commands.Hello, "3") : null;
        if (Sanitized(clientName) is { Length: > 0 } name) Add(Commands.Client, "SETNAME", name);
        if (options.SetClientLibrary)
        {
            Add(Commands.Client, "SETINFO", "lib-name", Sanitized(libraryName));
            Add(Commands.Client, "SETINFO", "lib-ver", Sanitized(Configuration.DefaultOptionsProvider.Version));
        }
        var databases = Add(Commands.Config, "GET", "databases");
        var server = Add(Commands.Info, "server");
        var replication = Add(Commands.Info, "replication");
        // Only this last answer says that the connection may be used.
        var tracer = Add(Commands.Echo, "ready") ?? Add(Commands.Ping)!;

        lock (gate)
        {
            connection.Append(_steps, -1, _frames);
            connection.NeedsFlush(out _);
        }
        connection.Flush(inline: true);
        Task all = Task.WhenAll(_steps.Select(step => step.Task));
        Task first = Task.WhenAny(all, connection.Closed);
        await first.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        // What was appended to a connection that had failed already has no outcome.
        if (connection.HasFailed && !all.IsCompleted) throw new IOException("The connection ended before the server had introduced itself.");

        // A server that needs no password says so when it is given one. What it does not let in fails the last answer.
        if (auth is not null) await Refuse(auth, any: false).ConfigureAwait(false);
        await Refuse(tracer, any: true).ConfigureAwait(false);
        var facts = new ServerFacts { Protocol = RedisProtocol.Resp2, Version = null };
        facts = WithInfo(WithInfo(facts, server), replication);
        if (hello?.Task is { IsCompletedSuccessfully: true }) facts = facts with { Protocol = RedisProtocol.Resp3 };
        if (databases?.Task is { IsCompletedSuccessfully: true } count
            && (await count.ConfigureAwait(false)).AsArray() is { Length: 2 } pair)
        {
            facts = facts with { Databases = (int)pair[1] };
        }
        return facts;
    }

    private Message<RedisResult>? Add(Command command, params ReadOnlySpan<string> arguments)
    {
        if (options.CommandMap.NameOf(command.Name) is null) return null;
        var frame = CommandFrame.Start(command, options.CommandMap);
        foreach (var argument in arguments) frame.Add(argument);
        _frames.Append(frame.Complete());
        var message = new Message<RedisResult>(frame.Command, CommandFlags.None, Replies.Any);
        _steps.Add(message);
        return message;
    }

    /// <summary>Refuses the connection when the server refuses a step: with any error, or only for want of rights.</summary>
    private static async Task Refuse(Message<RedisResult> step, bool any)
    {
        try
        {
            await step.Task.ConfigureAwait(false);
        }
        catch (RedisServerException e)
        {
            var type = e.Kind switch
            {
                RedisErrorKind.NoAuth or RedisErrorKind.WrongPass or RedisErrorKind.NoPermission => ConnectionFailureType.AuthenticationFailure,
                RedisErrorKind.Loading => ConnectionFailureType.Loading,
                _ => ConnectionFailureType.ProtocolFailure,
            };
            if (!any && type != ConnectionFailureType.AuthenticationFailure) return;
            throw new RedisConnectionException(type, CommandFlags.None, e.Message, e);
        }
    }

    private static ServerFacts WithInfo(ServerFacts facts, Message<RedisResult>? step)
    {
        if (step?.Task is not { IsCompletedSuccessfully: true, Result: var result }) return facts;
        foreach (var line in result.ToString().Split('\n', StringSplitOptions.TrimEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0) continue;
            var value = line[(colon + 1)..];
            facts = line[..colon] switch
            {
                "redis_version" => facts with { Version = ParseVersion(value) },
                "redis_mode" => facts with
                {
                    ServerType = value switch { "cluster" => ServerType.Cluster, "sentinel" => ServerType.Sentinel, _ => ServerType.Standalone },
                },
                "role" => facts with { IsReplica = value == "slave" },
                _ => facts,
            };
        }
        return facts;
    }

    private static Version? ParseVersion(string text)
    {
        if (Version.TryParse(text, out var version)) return version;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? new(major, 0) : null;
    }

    // The server refuses names with blanks or control characters.
    private static string Sanitized(string name) => string.Concat(name.Where(c => c is > ' ' and <= '~'));
}
