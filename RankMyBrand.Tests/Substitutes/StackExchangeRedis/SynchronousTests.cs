using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

/// <summary>The synchronous methods, called where continuations would have to wait for the caller.</summary>
public sealed class SynchronousTests(RedisFixture redis) : IClassFixture<RedisFixture>
{
    [Theory, InlineData(RedisProtocol.Resp2), InlineData(RedisProtocol.Resp3)]
    public async Task Methods_UnderASynchronizationContext_DoNotWaitForIt(RedisProtocol protocol)
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync($"{redis.EndPoint},protocol={protocol},syncTimeout=10000");
        var (channel, key) = (RedisChannel.Literal(RedisFixture.Key("c").ToString()), RedisFixture.Key());
        var busy = new BusyContext();
        var done = new TaskCompletionSource();
        var thread = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(busy);
            try
            {
                client.GetDatabase().Ping();
                client.GetSubscriber().Ping();
                client.GetSubscriber().Subscribe(channel, (_, _) => { });
                client.GetSubscriber().Subscribe(channel).Unsubscribe();
                client.GetSubscriber().Publish(channel, "m");
                var transaction = client.GetDatabase().CreateTransaction();
                transaction.AddCondition(Condition.KeyNotExists(key));
                _ = transaction.StringSetAsync(key, 1);
                transaction.Execute(CommandFlags.None);
                client.GetSubscriber().UnsubscribeAll();
                client.Close();
                done.SetResult();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                done.SetException(e);
            }
        });
        thread.Start();

        await done.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(0, busy.Posted);
    }

    /// <summary>Its one thread never comes to what is posted.</summary>
    private sealed class BusyContext : SynchronizationContext
    {
        private int _posted;

        public int Posted => Volatile.Read(ref _posted);

        public override void Post(SendOrPostCallback d, object? state) => Interlocked.Increment(ref _posted);

        public override SynchronizationContext CreateCopy() => this;
    }
}
