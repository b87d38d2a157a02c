using System.Collections;

namespace StackExchange.Redis.Profiling;

/// <summary>Collects the commands that are carried out while the profiler's provider returns it.</summary>
public sealed class ProfilingSession(object? userToken = null)
{
    private ProfiledCommand? _head;

    /// <summary>Whatever its owner wants to find again.</summary>
    public object? UserToken { get; } = userToken;

    /// <summary>Returns the commands that have completed so far and starts anew.</summary>
    public ProfiledCommandEnumerable FinishProfiling()
    {
        var commands = new List<IProfiledCommand>();
        for (var command = Interlocked.Exchange(ref _head, null); command is not null; command = command.Next) commands.Add(command);
        commands.Reverse();
        return new(commands);
    }

    internal void Add(ProfiledCommand command)
    {
        do
        {
            command.Next = Volatile.Read(ref _head);
        }
        while (Interlocked.CompareExchange(ref _head, command, command.Next) != command.Next);
    }
}

/// <summary>The commands of a session, in the order in which they completed.</summary>
public readonly struct ProfiledCommandEnumerable : IEnumerable<IProfiledCommand>
{
    private readonly List<IProfiledCommand>? _commands;

    internal ProfiledCommandEnumerable(List<IProfiledCommand> commands) => _commands = commands;

    /// <summary>How many there are.</summary>
    public int Count() => _commands?.Count ?? 0;

    /// <summary>How many there are of a kind.</summary>
    public int Count(Func<IProfiledCommand, bool> predicate) => _commands is null ? 0 : Enumerable.Count(_commands, predicate);

    /// <summary>Copies them to an array.</summary>
    public IProfiledCommand[] ToArray() => _commands?.ToArray() ?? [];

    /// <summary>Copies them to a list.</summary>
    public List<IProfiledCommand> ToList() => _commands is null ? [] : [.. _commands];

    /// <summary>Enumerates them.</summary>
    public Enumerator GetEnumerator() => new(_commands ?? []);

    IEnumerator<IProfiledCommand> IEnumerable<IProfiledCommand>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Enumerates the commands of a session.</summary>
    public struct Enumerator : IEnumerator<IProfiledCommand>
    {
        private readonly List<IProfiledCommand> _commands;
        private int _index;

        internal Enumerator(List<IProfiledCommand> commands) => (_commands, _index) = (commands, -1);

        /// <summary>The present command.</summary>
        public readonly IProfiledCommand Current => _commands[_index];

        readonly object IEnumerator.Current => Current;

        /// <summary>Moves to the next command.</summary>
        public bool MoveNext() => ++_index < _commands.Count;

        /// <summary>Moves before the first command.</summary>
        public void Reset() => _index = -1;

        /// <summary>Does nothing.</summary>
        public readonly void Dispose() { }
    }
}
