using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.EventProcessor.Brands;

/// <summary>
/// The rule: in every window that holds enough responses a brand has its minimum share of voice, or an action is recommended, once for
/// the window and the brand and not again during the cool-down. An action is recorded first and published from the record, so that it
/// is published even if this process ends in between, and only once however often the rule looks.
/// </summary>
internal sealed partial class RecommendActions(
    VisibilityStore visibility,
    ActionStore actions,
    IEventBus bus,
    IOptions<BrandsOptions> options,
    BrandsTelemetry telemetry,
    ILogger<RecommendActions> logger)
{
    public const string EventType = "brand.action.recommended";
    private const string RaiseVisibility = "raise-visibility";

    private readonly ShareRuleOptions _rule = options.Value.Rule;
    private readonly List<(string Name, double MinShare)> _brands =
    [
        .. options.Value.Tracked
            .Select(brand => (brand.Name, MinShare: brand.MinShareOfVoice ?? options.Value.Rule.MinShareOfVoice))
            .Where(brand => brand.MinShare > 0),
    ];

    /// <summary>Judges the windows that responses fall into. The aggregates know the responses already.</summary>
    public async Task JudgeAsync(IReadOnlyList<MeasuredResponse> responses, CancellationToken cancellationToken)
    {
        if (_brands.Count == 0)
            return;
        var windows = responses.Select(response => (response.Tenant, Start: StartOf(response.Visibility.RespondedAt))).Distinct();
        foreach (var (tenant, start) in windows)
            await JudgeAsync(tenant, start, cancellationToken);
        await PublishAsync(cancellationToken);
    }

    private async Task JudgeAsync(string tenant, DateTimeOffset start, CancellationToken cancellationToken)
    {
        var totals = await visibility.ReadWindowAsync(tenant, start, start + _rule.Window, cancellationToken);
        if (totals.MentioningResponses < _rule.MinResponses)
            return;
        foreach (var (brand, minShare) in _brands)
        {
            var mentions = totals.Mentions.GetValueOrDefault(brand);
            if (mentions >= minShare * totals.TotalMentions)
                continue;
            var action = new StoredAction(
                UuidV7.Next(), tenant, brand, start, start + _rule.Window, mentions, totals.TotalMentions, minShare);
            if (await actions.AddAsync(action, _rule.CoolDown, cancellationToken))
                telemetry.Recommended(brand);
        }
    }

    /// <summary>Publishes what is recorded and not published, also what a process that is gone has left behind.</summary>
    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        var waiting = await actions.ReadUnpublishedAsync(cancellationToken);
        if (waiting.Count == 0)
            return;
        var results = await bus.PublishAsync(BrandStreams.Recommended, [.. waiting.Select(ToEvent)], cancellationToken);
        if (results.FirstOrDefault(result => result.Rejection is not null).Rejection is { } rejection)
            LogWaiting(logger, BrandStreams.Recommended, rejection.Detail);
        await actions.MarkPublishedAsync(
            [.. waiting.Where((_, i) => results[i].Rejection is null).Select(action => action.Id)], cancellationToken);
    }

    private static StreamEvent ToEvent(StoredAction action)
    {
        var share = (double)action.Mentions / action.TotalMentions;
        var reason =
            $"{action.Brand} has {action.Mentions} of {action.TotalMentions} brand mentions ({share:P1}); the minimum is "
            + $"{action.MinShare:P1}.";
        var data = new RecommendedAction(
            action.Brand, RaiseVisibility, reason, share, action.MinShare, action.Mentions, action.TotalMentions, action.WindowStart,
            action.WindowEnd);
        return Derived.Of(action.Id, action.Tenant, EventType, data, BrandsJson.Default.RecommendedAction);
    }

    private DateTimeOffset StartOf(DateTimeOffset moment) => new(moment.UtcTicks - (moment.UtcTicks % _rule.Window.Ticks), TimeSpan.Zero);

    [LoggerMessage(500, LogLevel.Warning, "Recommended actions wait for the stream {Stream}: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string stream, string reason);
}
