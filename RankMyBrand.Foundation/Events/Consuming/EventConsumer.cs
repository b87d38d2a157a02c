using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Runs one subscription. What is read is held until it is settled: <see cref="ReadLoop"/> and <see cref="TakeOver"/> bring entries in,
/// <see cref="HandlerLoop"/> has them handled, <see cref="Settlement"/> decides what becomes of them, <see cref="RetryQueue"/> brings back
/// those that failed, <see cref="Renewal"/> and <see cref="Ownership"/> keep other consumers from taking what this one has.
/// </summary>
internal sealed partial class EventConsumer : BackgroundService
{
    private readonly ConsumerContext _context;
    private readonly PendingEntries _pending;
    private readonly Acknowledgements _acknowledgements;
    private readonly RetryQueue _retries;
    private readonly HandlerLoop _handlers;
    private readonly TakeOver _takeOver;
    private readonly Renewal _renewal;
    private readonly GroupWatch _watch;
    private readonly Intake _intake;
    private readonly Ownership? _ownership;
    private IReadOnlyList<ReadLoop> _readers = [];

    public EventConsumer(
        IConnectionMultiplexer redis,
        EventSubscription subscription,
        IEventHandler handler,
        ConsumerTelemetry telemetry,
        TimeProvider time,
        ILogger<EventConsumer> logger)
    {
        _context = new ConsumerContext(redis, subscription, telemetry, time, logger);
        _pending = new PendingEntries(_context);
        _acknowledgements = new Acknowledgements(_context);
        _retries = new RetryQueue(_context, _pending);
        var deadLetters = new DeadLetters(_context);
        _handlers = new HandlerLoop(_context, handler, new Settlement(_context, _acknowledgements, _retries, deadLetters));
        _intake = new Intake(_context, _acknowledgements, deadLetters);
        _takeOver = new TakeOver(_context, _pending, _intake);
        _renewal = new Renewal(_context, _pending);
        _watch = new GroupWatch(_context);
        if (subscription.IsOrdered)
            _ownership = new Ownership(_context, _watch, _takeOver, _pending, PassAsync);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // Not registered with the token: the wait ends by it as well, and would take the registration back before it is called.
        if (cancellationToken.IsCancellationRequested)
            _context.Lifetime.Abandon();
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var reader in _readers)
            reader.Dispose();
        _ownership?.Dispose();
        _watch.Dispose();
        _takeOver.Dispose();
        _retries.Dispose();
        _acknowledgements.Dispose();
        _context.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var lifetime = _context.Lifetime;
        await using var stop = stoppingToken.Register(lifetime.Stop);
        if (!await _context.Patience.UntilDoneAsync("create the consumer groups", _pending.CreateGroupsAsync, lifetime.Stopping)
            || !await _context.Patience.UntilDoneAsync("look for pauses", _watch.RefreshAsync, lifetime.Stopping))
            return;

        _readers = CreateReaders();
        using var settled = new CancellationTokenSource();
        var keeping = Task.WhenAll(
            lifetime.WatchAsync(_renewal.RunAsync(settled.Token)),
            lifetime.WatchAsync(_ownership?.RunAsync(settled.Token) ?? Task.CompletedTask));
        var settling = lifetime.WatchAsync(_acknowledgements.RunAsync());
        var handling = lifetime.WatchAsync(_handlers.RunAsync());
        var bringing = Task.WhenAll(new[] { _takeOver.RunAsync(), _retries.RunAsync(), _watch.RunAsync(LookAround) }
            .Concat(_readers.Select(reader => reader.RunAsync())).Select(lifetime.WatchAsync));
        try
        {
            await bringing;
        }
        finally
        {
            // What has been read is still handled and acknowledged; only then does this consumer leave its groups.
            _context.Held.Drain();
            await using (lifetime.Hurrying.Register(_context.Held.End))
                await handling;
            _acknowledgements.Complete();
            await settling;
            await settled.CancelAsync();
            await keeping;
            await LeaveAsync();
        }
    }

    /// <summary>In a cluster a command can only read keys of one slot.</summary>
    private IReadOnlyList<ReadLoop> CreateReaders()
    {
        var sources = _context.Subscription.Sources;
        var isCluster = _context.Redis.GetServers().Any(server => server.ServerType is ServerType.Cluster);
        IEnumerable<IReadOnlyList<StreamSource>> parts = isCluster
            ? sources.Select(source => (IReadOnlyList<StreamSource>)[source])
            : [sources];
        return [.. parts.Select(part =>
            new ReadLoop(_context, part, _watch, _intake, _pending) { Lost = source => _ownership?.Lose(source) })];
    }

    /// <summary>Returns when what is being read or taken over just now is held.</summary>
    private Task PassAsync() => Task.WhenAll(_readers.Select(reader => reader.PassAsync()).Append(_takeOver.PassAsync()));

    private void LookAround()
    {
        _takeOver.Wake();
        _ownership?.Wake();
    }

    /// <summary>
    /// Has others go on at once where this consumer has stopped. Without Redis they notice by themselves, a little later.
    /// </summary>
    private async Task LeaveAsync()
    {
        try
        {
            if (_ownership is not null)
                await _ownership.LeaveAsync();
            var idle = _context.Held.Ask(() => _context.Subscription.Sources.Select(source => (source, source.Queue.Abandon())).ToList());
            foreach (var (source, deliveries) in idle)
                await _pending.GiveBackAsync(source, deliveries);
            await _pending.LeaveAsync();
            await _watch.WakeOthersAsync();
        }
        catch (Exception e) when (TransientFailure.Is(e) || e is RedisException)
        {
            LogNotLeft(_context.Logger, _context.Subscription.Group, e.Message);
        }
    }

    [LoggerMessage(
        118, LogLevel.Warning, "A consumer of group {Group} could not leave in order, others will take over what it held: {Reason}")]
    private static partial void LogNotLeft(ILogger logger, string group, string reason);
}
