namespace RankMyBrand.EventProcessor.Brands;

/// <summary>A brand's visibility over time.</summary>
/// <param name="Brand">The brand's name.</param>
/// <param name="Bucket">The length of a bucket as it was asked for, such as <c>1h</c>.</param>
/// <param name="From">The beginning of the first bucket.</param>
/// <param name="To">The end of the last bucket.</param>
/// <param name="Items">The buckets that hold responses, from the oldest to the newest.</param>
internal sealed record BrandMetrics(string Brand, string Bucket, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<BrandBucket> Items);

/// <summary>A brand's visibility in one bucket of time.</summary>
/// <param name="Start">When the bucket begins.</param>
/// <param name="Responses">All responses.</param>
/// <param name="MentioningResponses">The responses that mention the brand.</param>
/// <param name="Mentions">The brand's mentions.</param>
/// <param name="TotalMentions">The mentions of all brands.</param>
/// <param name="AverageFirstPosition">The mean index of the first mention (UTF-16, from 0) in the responses that have one.</param>
/// <param name="AverageFirstWord">The mean number of words before the first mention in the responses that have one.</param>
internal sealed record BrandBucket(
    DateTimeOffset Start,
    long Responses,
    long MentioningResponses,
    long Mentions,
    long TotalMentions,
    double? AverageFirstPosition,
    double? AverageFirstWord)
{
    /// <summary>The brand's part of all mentions, from 0 to 1.</summary>
    public double ShareOfVoice => TotalMentions == 0 ? 0 : (double)Mentions / TotalMentions;
}

/// <summary>What a window of time holds.</summary>
/// <param name="MentioningResponses">How many responses mention any brand.</param>
/// <param name="TotalMentions">The mentions of all brands.</param>
/// <param name="Mentions">The mentions of each brand that has any.</param>
internal sealed record WindowTotals(long MentioningResponses, long TotalMentions, IReadOnlyDictionary<string, long> Mentions);
