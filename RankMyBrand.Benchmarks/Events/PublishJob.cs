using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>What BenchmarkDotNet runs for <see cref="PublishAllocations"/>, in this process.</summary>
public class PublishJob
{
    private const int BatchSize = 500;
    private const int PerCaller = 100;

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(5);

    private readonly StreamEvent[] _events = EventLoad.Events(BatchSize, EventLoad.Payload(200));
    private readonly Task[] _callers = new Task[PublishAwaited.Callers];
    private IHost? _host;
    private IEventBus _bus = null!;

    internal static ConfigurationOptions Redis { get; set; } = new();

    [GlobalSetup]
    public async Task StartAsync()
    {
        _host = await EventLoad.StartHostAsync(Redis, null, CancellationToken.None);
        _bus = _host.Bus();
        // The runtime compiles what is called often a second time, and then keeps on the stack what it allocated before.
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < s_warmUp;)
        {
            await Batch();
            await Awaited();
        }
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }

    /// <summary>One batch; the figures are those of one of its events.</summary>
    [Benchmark(OperationsPerInvoke = BatchSize)]
    public Task<IReadOnlyList<PublishResult>> Batch() => _bus.PublishAsync(EventLoad.Stream, _events);

    /// <summary>Fifty callers, each with a hundred events one after the other.</summary>
    [Benchmark(OperationsPerInvoke = PublishAwaited.Callers * PerCaller)]
    public Task Awaited()
    {
        for (var i = 0; i < _callers.Length; i++)
            _callers[i] = CallAsync();
        return Task.WhenAll(_callers);
    }

    private async Task CallAsync()
    {
        for (var i = 0; i < PerCaller; i++)
            await _bus.PublishAsync(EventLoad.Stream, _events[i]);
    }
}
