using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Security;
using RankMyBrand.Tests.Foundation.Events.Consuming;
using RankMyBrand.Tests.Support;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Security.Tokens.Revocation;

public sealed class RevocationFollowerTests : IAsyncLifetime
{
    private static readonly RedisChannel s_channel = RedisChannel.Literal("tokens:{revoked}:changed");

    private readonly TokenRevocations _revocations;
    private readonly RevocationIntake _intake;
    private readonly IOptions<JwtOptions> _options =
        Options.Create(new JwtOptions { Issuer = "https://issuer.test", Audiences = { "rankmybrand" } });

    private RedisServer _redis = null!;
    private ConnectionMultiplexer _connection = null!;

    public RevocationFollowerTests()
    {
        _revocations = new TokenRevocations(_options, TimeProvider.System);
        _intake = new RevocationIntake(_revocations, _options, TimeProvider.System, new LogLines<RevocationIntake>());
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static long Expiry => DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(Cancellation);
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.EndPoint);
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Note_WhileALongListIsRead_CountsBeforeItsEnd()
    {
        const string Add = "for i = 1, 20000 do redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2] .. i) end";
        for (var part = 0; part < 10; part++)
            await _connection.GetDatabase().ScriptEvaluateAsync(Add, ["tokens:{revoked}:ids"], [Expiry, $"listed {part} "]);
        using var follower = Follower(_connection);
        await using var teller = await ConnectionMultiplexer.ConnectAsync(_redis.EndPoint);

        var looking = Task.Run(() => follower.LookAsync(Cancellation), Cancellation);
        while (!looking.IsCompleted && _revocations.Count == 0)
            await Task.Yield();

        // Only the message has it, so that reading the list does not find it.
        var countedMeanwhile = false;
        while (!looking.IsCompleted && !countedMeanwhile)
        {
            await teller.GetDatabase().PublishAsync(s_channel, string.Create(CultureInfo.InvariantCulture, $"a b 1 {Expiry} told"));
            countedMeanwhile = IsRevoked("told") && !looking.IsCompleted;
        }

        await looking;
        Assert.True(countedMeanwhile);
        Assert.True(IsRevoked("listed 9 20000"));
    }

    [Fact]
    public async Task Look_SeveralTimesWithoutRedis_SubscribesOnce()
    {
        await using var way = new GatedProxy(_redis.Port);
        way.Close();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(
            $"{way.EndPoint},abortConnect=false,connectTimeout=500,asyncTimeout=120000");
        var counting = Counting.Of(connection);
        using var follower = Follower((IConnectionMultiplexer)(object)counting);

        for (var look = 0; look < 3; look++)
            await Assert.ThrowsAsync<TimeoutException>(() => follower.LookAsync(Cancellation));
        way.Open();
        await Eventually.TrueAsync(() => TryLookAsync(follower));

        Assert.Equal(1, counting.Subscriptions);
        var revoker = new TokenRevoker(_connection, TimeProvider.System);
        await revoker.RevokeTokenAsync("stolen", DateTimeOffset.UtcNow.AddHours(1), Cancellation);
        await Eventually.TrueAsync(() =>
        {
            follower.TakeNotes();
            return IsRevoked("stolen");
        });
    }

    private static async Task<bool> TryLookAsync(RevocationFollower follower)
    {
        try
        {
            await follower.LookAsync(Cancellation);
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return false;
        }
    }

    private RevocationFollower Follower(IConnectionMultiplexer redis) =>
        new(new RevocationList(redis), _intake, _options, TimeProvider.System);

    private bool IsRevoked(string id) => _revocations.IsRevoked(
        new ValidatedToken { Issuer = "https://issuer.test", Id = id, ExpiresAt = DateTimeOffset.UtcNow.AddMinutes(5) });

    /// <summary>A connection that counts how often something is subscribed to.</summary>
    public class Counting : DispatchProxy
    {
        private Counting? _connection;
        private object _inner = null!;
        private int _subscriptions;

        public int Subscriptions => Volatile.Read(ref _subscriptions);

        public static Counting Of(IConnectionMultiplexer connection)
        {
            var proxy = (Counting)(object)Create<IConnectionMultiplexer, Counting>();
            proxy._inner = connection;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(ISubscriber.SubscribeAsync))
                Interlocked.Increment(ref _connection!._subscriptions);
            var result = targetMethod.Invoke(_inner, args);
            if (result is not ISubscriber subscriber)
                return result;
            var counted = (Counting)(object)Create<ISubscriber, Counting>();
            (counted._inner, counted._connection) = (subscriber, this);
            return counted;
        }
    }
}
