using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events;

/// <summary>Whatever ends the relay, and between whichever two steps: every event is in its stream once, and in order.</summary>
public sealed class RelayFailureTests(Servers servers) : IAsyncLifetime
{
    private readonly OutboxPlatform _platform = new(servers);
    private readonly string _stream = OutboxPlatform.NewStream();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _platform.InitializeAsync();

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Theory]
    [InlineData("before 1", 0)]
    [InlineData("after 1", 4)]
    [InlineData("before 2", 0)]
    [InlineData("after 2", 4)]
    [InlineData("after 3", 2)]
    public async Task Relay_KilledBetweenTwoSteps_NextOnePublishesTheRestOnce(string when, int duplicates)
    {
        var adder = await _platform.StartAsync(("Outbox:Relay", "false"));
        await OutboxPlatform.AddAsync(adder, _stream, [.. Enumerable.Range(0, 10).Select(OutboxPlatform.NewEvent)]);
        // Batches of four, four and two; each is published in one step, and removed between its "after" and the next one's "before".
        var exitCode = 0;
        // On a busy machine the process may end before it relays anything, because a server answers it too late.
        for (var start = 0; start < 3 && exitCode != 137; start++)
        {
            using var process = RelayProcess.Start(_platform, ("Outbox:BatchSize", "4"), ("Test:Die", when));
            await process.WaitForExitAsync(Token).WaitAsync(OutboxPlatform.Patience, Token);
            exitCode = process.ExitCode;
        }

        using var counted = new DuplicateCounter();
        counted.Watch(await _platform.StartAsync());
        await _platform.WaitUntilRelayedAsync();

        Assert.Equal(137, exitCode);
        Assert.Equal(Enumerable.Range(0, 10), await _platform.NumbersInAsync(_stream));
        Assert.Equal(duplicates, counted.Duplicates);
    }

    [Fact]
    public async Task Relay_KilledAtRandom_LosesNothingAndKeepsTheOrder()
    {
        var adder = await _platform.StartAsync(("Outbox:Relay", "false"));
        using var adding = new CancellationTokenSource();
        var added = AddUntilAsync(adder, adding.Token);
        var random = new Random(1);

        for (var round = 0; round < 5; round++)
        {
            var before = (await _platform.NumbersInAsync(_stream)).Count;
            using var process = RelayProcess.Start(_platform, ("Outbox:BatchSize", "20"));
            await WaitForMoreThanAsync(before + random.Next(1, 200));
            process.Kill();
            await process.WaitForExitAsync(Token);
        }

        await adding.CancelAsync();
        var count = await added;
        await _platform.StartAsync();
        await _platform.WaitUntilRelayedAsync();

        Assert.Equal(Enumerable.Range(0, count), await _platform.NumbersInAsync(_stream));
    }

    [Fact]
    public async Task Relay_ItsDatabaseSessionEnds_AnotherTakesOverAndNothingIsDisturbed()
    {
        var (first, _) = (await _platform.StartAsync(("Outbox:BatchSize", "20")), await _platform.StartAsync(("Outbox:BatchSize", "20")));
        using var adding = new CancellationTokenSource();
        var added = AddUntilAsync(first, adding.Token);

        for (var round = 0; round < 15; round++)
        {
            await WaitForMoreThanAsync((await _platform.NumbersInAsync(_stream)).Count + 5);
            await _platform.TerminateLeaderAsync();
        }

        await adding.CancelAsync();
        var count = await added;
        await _platform.WaitUntilRelayedAsync();

        Assert.Equal(Enumerable.Range(0, count), await _platform.NumbersInAsync(_stream));
    }

    [Fact]
    public async Task Relay_ItsRedisConnectionsAreCut_NothingIsLostOrOutOfOrder()
    {
        var host = await _platform.StartAsync(("Outbox:BatchSize", "20"), _platform.NameRedisConnections(_stream));
        using var adding = new CancellationTokenSource();
        var added = AddUntilAsync(host, adding.Token);

        for (var round = 0; round < 15; round++)
        {
            await WaitForMoreThanAsync((await _platform.NumbersInAsync(_stream)).Count + 5);
            Assert.NotEqual(0, await _platform.CutRedisConnectionsAsync(_stream));
        }

        await adding.CancelAsync();
        var count = await added;
        await _platform.WaitUntilRelayedAsync();

        Assert.Equal(Enumerable.Range(0, count), await _platform.NumbersInAsync(_stream));
    }

    [Fact]
    public async Task Relay_SeveralOfThem_OnlyOneWorks()
    {
        using var counted = new DuplicateCounter();
        var hosts = new List<IHost>();
        for (var i = 0; i < 3; i++)
        {
            hosts.Add(await _platform.StartAsync());
            counted.Watch(hosts[^1]);
        }

        for (var number = 0; number < 300; number += 3)
            await OutboxPlatform.AddAsync(hosts[number % 2], _stream, [.. Enumerable.Range(number, 3).Select(OutboxPlatform.NewEvent)]);
        await _platform.WaitUntilRelayedAsync();

        Assert.Equal(Enumerable.Range(0, 300), await _platform.NumbersInAsync(_stream));
        Assert.Equal(0, counted.Duplicates);
    }

    [Fact]
    public async Task Relay_StoppedInOrder_HandsOverAtOnce()
    {
        var first = await _platform.StartAsync();
        await OutboxPlatform.AddAsync(first, _stream, OutboxPlatform.NewEvent(0));
        await _platform.WaitUntilRelayedAsync();
        var second = await _platform.StartAsync();

        await first.StopAsync(Token);
        await OutboxPlatform.AddAsync(second, _stream, OutboxPlatform.NewEvent(1));
        await _platform.WaitUntilRelayedAsync();

        Assert.Equal([0, 1], await _platform.NumbersInAsync(_stream));
    }

    private async Task<int> AddUntilAsync(IHost host, CancellationToken stop)
    {
        for (var number = 0; ; number += 2)
        {
            if (stop.IsCancellationRequested)
                return number;
            await OutboxPlatform.AddAsync(host, _stream, OutboxPlatform.NewEvent(number), OutboxPlatform.NewEvent(number + 1));
        }
    }

    private async Task WaitForMoreThanAsync(long count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(OutboxPlatform.Patience);
        while (await _platform.Redis.GetDatabase().StreamLengthAsync(_stream) <= count)
            await Task.Delay(1, patience.Token);
    }

    /// <summary>Counts the relayed events of some hosts that their stream answered as duplicates.</summary>
    private sealed class DuplicateCounter : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<IMeterFactory> _factories = [];
        private long _duplicates;

        public DuplicateCounter()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "rankmybrand.outbox.duplicates")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, measurement, _, _) =>
            {
                lock (_factories)
                    _duplicates += _factories.Any(factory => ReferenceEquals(factory, instrument.Meter.Scope)) ? measurement : 0;
            });
            _listener.Start();
        }

        public long Duplicates => Interlocked.Read(ref _duplicates);

        public void Watch(IHost host)
        {
            lock (_factories)
                _factories.Add(host.Services.GetRequiredService<IMeterFactory>());
        }

        public void Dispose() => _listener.Dispose();
    }
}
