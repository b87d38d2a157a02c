using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A line of a resource's log.</summary>
public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <summary>Tells whether anybody watches a resource's log.</summary>
public readonly record struct LogSubscriber(string Name, bool AnySubscribers);

/// <summary>Keeps the last lines of each resource's log and streams new ones.</summary>
public class ResourceLoggerService : IDisposable
{
    private const int MaxLines = 10_000;

    private readonly ConcurrentDictionary<string, Log> _logs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Called for every line of every resource, with the name of the resource or of its instance.</summary>
    internal event Action<string, LogLine>? LineAdded;

    /// <summary>The log of a resource.</summary>
    public ILogger GetLogger(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return GetLogger(resource.Name);
    }

    /// <summary>The log of a resource or of one of its instances.</summary>
    public ILogger GetLogger(string resourceName)
    {
        ArgumentNullException.ThrowIfNull(resourceName);
        return Of(resourceName);
    }

    /// <summary>Streams the log, from the lines kept so far.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource) => WatchAsync(resource.Name);

    /// <summary>Streams the log, from the lines kept so far.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => Of(resourceName).WatchAsync();

    /// <summary>The lines kept so far.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource) => GetAllAsync(resource.Name);

    /// <summary>The lines kept so far.</summary>
    public async IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName)
    {
        await Task.CompletedTask;
        var lines = Of(resourceName).Snapshot();
        if (lines.Count > 0)
            yield return lines;
    }

    /// <summary>Says that nothing more will be written.</summary>
    public void Complete(IResource resource) => Complete(resource.Name);

    /// <summary>Says that nothing more will be written.</summary>
    public void Complete(string name) => Of(name).Complete();

    /// <summary>Forgets the lines kept so far.</summary>
    public void ClearBacklog(string resourceName) => Of(resourceName).Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var log in _logs.Values)
            log.Complete();
        GC.SuppressFinalize(this);
    }

    /// <summary>Adds a line to the log of an instance and to that of its resource.</summary>
    internal void Append(IResource resource, string instanceId, string content, bool isError)
    {
        Of(resource.Name).Add(content, isError);
        if (instanceId != resource.Name)
            Of(instanceId).Add(content, isError);
    }

    internal IReadOnlyList<LogLine> Tail(string resourceName, int count) => [.. Of(resourceName).Snapshot().TakeLast(count)];

    private Log Of(string resourceName) => _logs.GetOrAdd(resourceName, name => new Log(line => LineAdded?.Invoke(name, line)));

    private sealed class Log(Action<LogLine> added) : ILogger
    {
        private readonly Lock _lock = new();
        private readonly Queue<LogLine> _lines = new();
        private readonly List<Channel<LogLine>> _watchers = [];
        private int _count;
        private bool _completed;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        void ILogger.Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var text = formatter(state, exception);
            Add(exception is null ? text : $"{text}{Environment.NewLine}{exception}", logLevel >= LogLevel.Error);
        }

        public void Add(string content, bool isError)
        {
            LogLine line;
            lock (_lock)
            {
                line = new LogLine(++_count, content, isError);
                _lines.Enqueue(line);
                if (_lines.Count > MaxLines)
                    _lines.Dequeue();
                foreach (var watcher in _watchers)
                    watcher.Writer.TryWrite(line);
            }

            added(line);
        }

        public IReadOnlyList<LogLine> Snapshot()
        {
            lock (_lock)
                return [.. _lines];
        }

        public void Clear()
        {
            lock (_lock)
                _lines.Clear();
        }

        public void Complete()
        {
            lock (_lock)
            {
                _completed = true;
                foreach (var watcher in _watchers)
                    watcher.Writer.TryComplete();
            }
        }

        public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var channel = Channel.CreateUnbounded<LogLine>(new UnboundedChannelOptions { SingleReader = true });
            lock (_lock)
            {
                foreach (var line in _lines)
                    channel.Writer.TryWrite(line);
                if (_completed)
                    channel.Writer.TryComplete();
                else
                    _watchers.Add(channel);
            }

            try
            {
                while (await channel.Reader.WaitToReadAsync(cancellationToken))
                {
                    var batch = new List<LogLine>();
                    while (channel.Reader.TryRead(out var line))
                        batch.Add(line);
                    yield return batch;
                }
            }
            finally
            {
                lock (_lock)
                    _watchers.Remove(channel);
            }
        }
    }
}
