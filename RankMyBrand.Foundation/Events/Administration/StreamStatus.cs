using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace RankMyBrand.Foundation.Events;

/// <summary>How full a stream is.</summary>
/// <param name="Name">The stream.</param>
/// <param name="Length">How many entries it holds, in all partitions.</param>
/// <param name="MaxLength">How many it may hold.</param>
/// <param name="Partitions">Over how many Redis keys it is spread.</param>
/// <param name="DeadLetters">How many dead letters it has.</param>
public sealed record StreamStatus(string Name, long Length, long MaxLength, int Partitions, long DeadLetters);

/// <summary>Looks at the streams that are configured, and at those that publishing has created.</summary>
public sealed class StreamCatalogue
{
    private readonly IConnectionMultiplexer _redis;
    private readonly EventsOptions _options;

    /// <summary>Made by <c>AddEventBus</c>.</summary>
    public StreamCatalogue(IConnectionMultiplexer redis, IOptions<EventsOptions> options) => (_redis, _options) = (redis, options.Value);

    /// <summary>The streams, by name.</summary>
    /// <exception cref="RedisException">Redis is away.</exception>
    public async Task<IReadOnlyList<StreamStatus>> ListAsync(CancellationToken cancellationToken)
    {
        var created = await CreatedStreams.ListAsync(_redis.GetDatabase(), _options).WaitAsync(cancellationToken);
        return await Task.WhenAll(_options.Streams.Keys.Concat(created).Order(StringComparer.Ordinal).Select(DescribeAsync))
            .WaitAsync(cancellationToken);
    }

    private async Task<StreamStatus> DescribeAsync(string stream)
    {
        var settings = _options.Streams.GetValueOrDefault(stream) ?? new StreamOptions();
        var keys = _options.KeysOf(stream);
        var lengths = Task.WhenAll(keys.Select(key => _redis.GetDatabase().StreamLengthAsync(key)));
        var dead = Task.WhenAll(keys.Select(key => _redis.GetDatabase().StreamLengthAsync(DeadLetters.NameOf(key))));
        return new StreamStatus(stream, (await lengths).Sum(), settings.MaxLength, keys.Count, (await dead).Sum());
    }
}
