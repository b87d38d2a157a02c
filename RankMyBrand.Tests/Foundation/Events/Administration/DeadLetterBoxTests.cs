using System.Text;
using RankMyBrand.Foundation.Events;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.Foundation.Events.Administration;

public sealed class DeadLetterBoxTests
{
    private const string Stream = "ai.responses";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replay_OfOne_GivesItToItsGroupAloneAsItWas()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (failing, other) = (new Recorder { Fails = _ => true }, new Recorder());
        await using var host = await EventBusHost.StartAsync(redis, builder =>
        {
            failing.Subscribe(builder, Stream, "failing");
            other.Subscribe(builder, Stream, "other");
        });
        var published = await host.Bus.PublishAsync(Stream, Event("1"), Cancellation);
        var box = host.Get<DeadLetterBox>();
        var letter = Assert.Single(await LettersAsync(box, 1));

        failing.Fails = _ => false;
        var outcome = await box.ReplayAsync(Stream, [letter.Id, letter.Id], Cancellation);

        Assert.Equal(new DeadLetterOutcome(1, 0, 0), outcome);
        await failing.WaitAsync(1);
        var handled = Assert.Single(failing.Handled);
        Assert.True(handled.IsReplay);
        Assert.Equal((published.Id, published.EntryId, 1), (handled.Event.Id, handled.EntryId, handled.Attempt));
        Assert.Equal(Stream, handled.Stream);
        Assert.False(Assert.Single(other.Handled).IsReplay);
        Assert.Equal(0, await box.CountAsync(Stream, Cancellation));
        Assert.Equal(new DeadLetterOutcome(0, 1, 0), await box.ReplayAsync(Stream, [letter.Id], Cancellation));
    }

    [Fact]
    public async Task Replay_AfterTheStreamHasBeenTrimmed_StillWorks()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var recorder = new Recorder { Fails = _ => true };
        await using var host = await EventBusHost.StartAsync(redis, builder => recorder.Subscribe(builder, Stream, "g", options => options.MaxAttempts = 1));
        await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 30).Select(i => Event($"{i}"))], Cancellation);
        var box = host.Get<DeadLetterBox>();
        await LettersAsync(box, 30);
        await host.Redis.StreamTrimAsync(Stream, 0);

        recorder.Fails = _ => false;
        Assert.Equal(new DeadLetterOutcome(30, 0, 0), await box.ReplayAsync(new DeadLetterFilter(Stream), Cancellation));

        await recorder.WaitAsync(30);
        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"{i}"), recorder.Handled.Select(Data));
    }

    [Fact]
    public async Task Replay_OfWhatFailsAgain_IsDeadAgainWithItsFirstEntryId()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var recorder = new Recorder { Fails = _ => true };
        await using var host = await EventBusHost.StartAsync(redis, builder => recorder.Subscribe(builder, Stream, "g"));
        // An entry of the first event bus, whose id for the store depends on the id of its entry.
        var entryId = await host.Redis.StreamAddAsync(Stream, [new("event_id", "evt_17"), new("event_type", "t"), new("data", "1"), new("timestamp", "x"), new("correlation_id", "c")]);
        var box = host.Get<DeadLetterBox>();
        var first = Assert.Single(await LettersAsync(box, 1));

        await box.ReplayAsync(Stream, [first.Id], Cancellation);

        await Recorder.Until(async () => (await box.ListAsync(new DeadLetterFilter(Stream), true, 10, null, Cancellation)).Items is [{ } again] && again.Id != first.Id);
        var second = Assert.Single(await LettersAsync(box, 1));
        Assert.Equal((string?)entryId, second.EntryId);
        Assert.Equal(first.Event!.Id, second.Event!.Id);
        Assert.Equal(first.Fields.Select(field => field.Name), second.Fields.Select(field => field.Name));
        recorder.Fails = _ => false;
        await box.ReplayAsync(Stream, [second.Id], Cancellation);
        await recorder.WaitAsync(1);
        Assert.Equal(first.Event.Id, recorder.Handled[0].Event.Id);
    }

    [Fact]
    public async Task Replay_OfAllThatMatch_LeavesTheOthers()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var (a, b) = (new Recorder { Fails = _ => true }, new Recorder { Fails = delivery => delivery.Event.Type == "odd" });
        await using var host = await EventBusHost.StartAsync(redis, builder =>
        {
            a.Subscribe(builder, Stream, "a");
            b.Subscribe(builder, Stream, "b");
        });
        await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 120).Select(i => Event($"{i}", i % 2 == 0 ? "even" : "odd"))], Cancellation);
        var box = host.Get<DeadLetterBox>();
        await Recorder.Until(async () => await box.CountAsync(Stream, Cancellation) == 180);
        (a.Fails, b.Fails) = (_ => false, _ => false);

        Assert.Equal(60, (await box.ReplayAsync(new DeadLetterFilter(Stream) { Group = "a", EventType = "even" }, Cancellation)).Done);
        await a.WaitAsync(60);
        Assert.Equal(60, (await box.DiscardAsync(new DeadLetterFilter(Stream) { Group = "b", ErrorType = "System.InvalidOperationException" }, Cancellation)).Done);

        Assert.Equal(60, await box.CountAsync(Stream, Cancellation));
        Assert.All(a.Handled, delivery => Assert.Equal("even", delivery.Event.Type));
        Assert.Equal(0, (await box.DiscardAsync(new DeadLetterFilter(Stream) { ErrorType = "no such error" }, Cancellation)).Done);
        Assert.Equal(60, (await box.ReplayAsync(new DeadLetterFilter(Stream) { Group = "a" }, Cancellation)).Done);
        await a.WaitAsync(120);
        Assert.Equal(120, a.Handled.Select(delivery => delivery.Event.Id).Distinct().Count());
        Assert.Empty(b.Replayed);
    }

    [Fact]
    public async Task Replay_WithoutTheGroup_IsRefusedAndLosesNothing()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var recorder = new Recorder { Fails = _ => true };
        await using (var consumer = await EventBusHost.StartAsync(redis, builder => recorder.Subscribe(builder, Stream, "gone")))
        {
            await consumer.Bus.PublishAsync(Stream, Event("1"), Cancellation);
            await LettersAsync(consumer.Get<DeadLetterBox>(), 1);
        }

        await using var host = await EventBusHost.StartAsync(redis);
        await host.Redis.StreamDeleteConsumerGroupAsync(Stream, "gone");
        await host.Redis.StreamAddAsync($"{{{Stream}}}:dead", [new("a", "stranger")]);

        Assert.Equal(new DeadLetterOutcome(0, 0, 2), await host.Get<DeadLetterBox>().ReplayAsync(new DeadLetterFilter(Stream), Cancellation));

        var letters = await LettersAsync(host.Get<DeadLetterBox>(), 2);
        Assert.Equal(("gone", ""), (letters[0].Group, letters[1].Group));
        Assert.Equal("stranger", Encoding.UTF8.GetString(Assert.Single(letters[1].Fields).Value.Span));
    }

    [Fact]
    public async Task List_InPages_ShowsEachOnceInTheOrderAskedFor()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var recorder = new Recorder { Fails = _ => true };
        await using var host = await EventBusHost.StartAsync(
            redis, builder => recorder.Subscribe(builder, Stream, "g"), ("Events:Streams:ai.responses:Partitions", "3"));
        await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, 130).Select(i => Event($"{i}"))], Cancellation);
        var box = host.Get<DeadLetterBox>();
        await Recorder.Until(async () => await box.CountAsync(Stream, Cancellation) == 130);

        foreach (var ascending in new[] { true, false })
        {
            var (seen, cursor) = (new List<DeadLetter>(), default(string));
            do
            {
                var page = await box.ListAsync(new DeadLetterFilter(Stream), ascending, 40, cursor, Cancellation);
                Assert.InRange(page.Items.Count, 1, 40);
                seen.AddRange(page.Items);
                cursor = page.NextCursor;
            }
            while (cursor is not null);

            Assert.Equal(130, seen.Select(letter => letter.Event!.Id).Distinct().Count());
            var times = seen.Select(letter => long.Parse(letter.Id.Split('-')[0]));
            Assert.Equal(ascending ? times.Order() : times.OrderDescending(), times);
            Assert.Equal(3, seen.Select(letter => letter.Id.Split('-').ElementAtOrDefault(2)).Distinct().Count());
        }

        var all = await box.ListAsync(new DeadLetterFilter(Stream), true, 100, null, Cancellation);
        foreach (var letter in all.Items)
        {
            Assert.Equal(letter.Event!.Id, (await box.FindAsync(Stream, letter.Id, Cancellation))!.Event!.Id);
            Assert.Equal(("g", "System.InvalidOperationException", 2), (letter.Group, letter.ErrorType, letter.Attempts));
            Assert.True(letter.FirstFailedAt <= letter.LastFailedAt);
        }

        var half = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(all.Items[60].Id.Split('-')[0]));
        var early = await CountAsync(box, new DeadLetterFilter(Stream) { To = half });
        var late = await CountAsync(box, new DeadLetterFilter(Stream) { From = half });
        Assert.Equal(130, early + late);
        Assert.InRange(early, 0, 60);
        Assert.Equal(130, (await box.DiscardAsync(Stream, [.. await IdsAsync(box), "1-1", "1-1-900"], Cancellation)).Done);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1-2-3-4")]
    [InlineData("1-2-0")]
    [InlineData("-1-2")]
    [InlineData("1-x")]
    [InlineData("99999999999999999999-0")]
    public async Task Find_WhatIsNoId_SaysSo(string id)
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        await using var host = await EventBusHost.StartAsync(redis);

        Assert.False(DeadLetterBox.IsId(id));
        var error = await Assert.ThrowsAsync<FormatException>(() => host.Get<DeadLetterBox>().FindAsync(Stream, id, Cancellation));
        Assert.Contains($"'{id}' is not the id of a dead letter", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overflow_ThatWaits_HoldsTheGroupUntilThereIsRoom()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var recorder = new Recorder { Fails = delivery => Data(delivery).Length == 1 };
        await using var host = await EventBusHost.StartAsync(
            redis,
            builder => recorder.Subscribe(builder, Stream, "g", options => options.MaxAttempts = 1),
            ("Events:Streams:ai.responses:MaxDeadLetters", "2"));
        var box = host.Get<DeadLetterBox>();
        foreach (var data in new[] { "1", "2", "3" })
            await host.Bus.PublishAsync(Stream, Event(data), Cancellation);
        await LettersAsync(box, 2);
        await host.Bus.PublishAsync(Stream, Event("44"), Cancellation);

        await Recorder.Until(async () => (await host.Redis.StreamPendingAsync(Stream, "g")).PendingMessageCount > 0);
        Assert.Equal(2, await box.CountAsync(Stream, Cancellation));
        Assert.Empty(recorder.Handled);
        await box.DiscardAsync(new DeadLetterFilter(Stream), Cancellation);

        await recorder.WaitAsync(1);
        await Recorder.Until(async () => (await host.Redis.StreamPendingAsync(Stream, "g")).PendingMessageCount == 0);
        Assert.Equal(["3"], (await LettersAsync(box, 1)).Select(letter => Encoding.UTF8.GetString(letter.Event!.Data.Span)));
    }

    [Fact]
    public async Task Overflow_ThatDrops_KeepsTheNewest()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation);
        var recorder = new Recorder { Fails = _ => true };
        await using var host = await EventBusHost.StartAsync(
            redis,
            builder => recorder.Subscribe(builder, Stream, "g", options => options.MaxAttempts = 1),
            ("Events:Streams:ai.responses:MaxDeadLetters", "2"),
            ("Events:Streams:ai.responses:DeadLetterOverflow", "DropOldest"));
        foreach (var data in new[] { "1", "2", "3", "4" })
        {
            await host.Bus.PublishAsync(Stream, Event(data), Cancellation);
            await Recorder.Until(async () => await host.Redis.StreamLengthAsync(Stream) > 0 && (await host.Redis.StreamGroupInfoAsync(Stream))[0] is { Lag: 0, PendingMessageCount: 0 });
        }

        var letters = await LettersAsync(host.Get<DeadLetterBox>(), 2);
        Assert.Equal(["3", "4"], letters.Select(letter => Encoding.UTF8.GetString(letter.Event!.Data.Span)));
    }

    [Fact]
    public async Task ReplayOfMany_WhileRedisIsKilled_LosesNone()
    {
        await using var redis = await RedisServer.StartAsync(Cancellation, "--appendonly", "yes", "--appendfsync", "always");
        var recorder = new Recorder { Fails = _ => true };
        // What was on its way to the consumer when Redis died counts as an attempt.
        await using var host = await EventBusHost.StartAsync(redis, builder => recorder.Subscribe(builder, Stream, "g", options => options.MaxAttempts = 3));
        const int Count = 600;
        await host.Bus.PublishAsync(Stream, [.. Enumerable.Range(0, Count).Select(i => Event($"{i}"))], Cancellation);
        var box = host.Get<DeadLetterBox>();
        await Recorder.Until(async () => await box.CountAsync(Stream, Cancellation) == Count);
        recorder.Fails = _ => false;

        var replaying = ReplayUntilDoneAsync(box);
        await recorder.WaitAsync(Count / 6);
        redis.Kill();
        await redis.RestartAsync(Cancellation);
        await replaying;

        await Recorder.Until(() => Task.FromResult(recorder.Handled.Select(delivery => delivery.Event.Id).Distinct().Count() == Count));
        Assert.Equal(0, await box.CountAsync(Stream, Cancellation));
    }

    private static async Task ReplayUntilDoneAsync(DeadLetterBox box)
    {
        while (true)
        {
            try
            {
                await box.ReplayAsync(new DeadLetterFilter(Stream), Cancellation);
                return;
            }
            catch (Exception e) when (TransientFailure.Is(e))
            {
                await Task.Delay(50, Cancellation);
            }
        }
    }

    private static async Task<IReadOnlyList<DeadLetter>> LettersAsync(DeadLetterBox box, int count)
    {
        await Recorder.Until(async () => await box.CountAsync(Stream, Cancellation) >= count);
        var letters = (await box.ListAsync(new DeadLetterFilter(Stream), ascending: true, 100, null, Cancellation)).Items;
        Assert.Equal(count, letters.Count);
        return letters;
    }

    private static async Task<IEnumerable<string>> IdsAsync(DeadLetterBox box)
    {
        var first = await box.ListAsync(new DeadLetterFilter(Stream), true, 100, null, Cancellation);
        var second = await box.ListAsync(new DeadLetterFilter(Stream), true, 100, first.NextCursor, Cancellation);
        return first.Items.Concat(second.Items).Select(letter => letter.Id);
    }

    private static async Task<int> CountAsync(DeadLetterBox box, DeadLetterFilter filter)
    {
        var (count, cursor) = (0, default(string));
        do
        {
            var page = await box.ListAsync(filter, true, 100, cursor, Cancellation);
            (count, cursor) = (count + page.Items.Count, page.NextCursor);
        }
        while (cursor is not null);
        return count;
    }

    private static StreamEvent Event(string data, string type = "t.happened") => new() { Type = type, Data = Encoding.UTF8.GetBytes(data) };

    private static string Data(Delivery delivery) => Encoding.UTF8.GetString(delivery.Event.Data.Span);
}
