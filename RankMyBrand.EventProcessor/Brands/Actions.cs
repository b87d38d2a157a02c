namespace RankMyBrand.EventProcessor.Brands;

/// <summary>Something to do about a brand that is mentioned too little; the payload of <c>brand.action.recommended</c>.</summary>
/// <param name="Brand">The brand.</param>
/// <param name="Action">What to do, a word for machines: <c>raise-visibility</c>.</param>
/// <param name="Reason">Why, a sentence for people.</param>
/// <param name="ShareOfVoice">The brand's share of voice in the window when the rule judged it.</param>
/// <param name="MinShareOfVoice">The share below which the rule asks for an action.</param>
/// <param name="Mentions">The brand's mentions in the window.</param>
/// <param name="TotalMentions">The mentions of all brands in the window.</param>
/// <param name="WindowStart">The beginning of the window, inclusive.</param>
/// <param name="WindowEnd">The end of the window, exclusive.</param>
internal sealed record RecommendedAction(
    string Brand,
    string Action,
    string Reason,
    double ShareOfVoice,
    double MinShareOfVoice,
    long Mentions,
    long TotalMentions,
    DateTimeOffset WindowStart,
    DateTimeOffset WindowEnd);

/// <summary>A recommended action that waits for somebody to take it; the payload of <c>brand.action.pending</c>.</summary>
/// <param name="RecommendationId">The event that recommended it.</param>
/// <param name="Priority">
/// <c>high</c> for a brand that is not mentioned at all or has less than half of its minimum, else <c>normal</c>.
/// </param>
/// <param name="Recommendation">What is recommended, and why.</param>
internal sealed record PendingAction(Guid RecommendationId, string Priority, RecommendedAction Recommendation);
