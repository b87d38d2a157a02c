using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.Foundation.Events.Administration;

/// <summary>Remembers what a group was given, and fails for as long as it is told to.</summary>
internal sealed class Recorder
{
    private readonly ConcurrentQueue<Delivery> _handled = new();

    /// <summary>Whether to fail on an event.</summary>
    public Func<Delivery, bool> Fails { get; set; } = static _ => false;

    /// <summary>What was handled without failing, in order.</summary>
    public IReadOnlyList<Delivery> Handled => [.. _handled];

    public IReadOnlyList<Delivery> Replayed => [.. _handled.Where(delivery => delivery.IsReplay)];

    /// <summary>Has this recorder handle a stream as a group, with little patience.</summary>
    public void Subscribe(IHostApplicationBuilder builder, string stream, string group, Action<EventHandlerOptions>? configure = null) =>
        builder.AddEventHandler<JsonElement>(stream, group, (_, delivery, _) => AddAsync(delivery), configure: options =>
        {
            (options.MaxAttempts, options.RetryDelay, options.ClaimAfter) = (2, TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1));
            configure?.Invoke(options);
        });

    public Task WaitAsync(int count) => Until(() => Task.FromResult(_handled.Count >= count));

    /// <summary>Waits until something holds.</summary>
    public static async Task Until(Func<Task<bool>> condition)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await condition())
            await Task.Delay(20, timeout.Token);
    }

    private Task AddAsync(Delivery delivery)
    {
        if (Fails(delivery))
            throw new InvalidOperationException("It was told to fail.");
        _handled.Enqueue(delivery);
        return Task.CompletedTask;
    }
}
