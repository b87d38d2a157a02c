using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Hub;

/// <summary>Why a client cannot follow a stream.</summary>
internal sealed record HubRefusal(ProblemCode Code, string Detail);

/// <summary>Where the hub's events come from.</summary>
internal sealed class HubFeed(LiveEvents live, IOptions<EventsOptions> options)
{
    /// <summary>Null when the stream can be followed from there.</summary>
    public HubRefusal? Refuse(string stream, string? after)
    {
        if (options.Value.Refuse(stream) is { } unknown)
            return new HubRefusal(ProblemCode.NotFound, unknown.Detail);
        return after is null || live.IsPlace(stream, after)
            ? null
            : new HubRefusal(ProblemCode.Validation, $"'{after}' is not a place in a stream; use the entryId of the last event that you got.");
    }

    public Task<LiveListener> ListenAsync(LiveTopic topic, CancellationToken cancellationToken) => live.ListenAsync(topic, cancellationToken);
}
