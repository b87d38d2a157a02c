namespace RankMyBrand.EventProcessor.Brands;

/// <summary>How visible one brand is in one response.</summary>
/// <param name="Brand">The brand's name.</param>
/// <param name="Mentions">How often it is mentioned, under its name or an alias.</param>
/// <param name="FirstPosition">Where its first mention begins, in UTF-16 code units from 0; null without a mention.</param>
/// <param name="FirstWord">How many words begin before its first mention; null without a mention.</param>
/// <param name="ShareOfVoice">Its part of the mentions of all brands in the response, from 0 to 1; 0 when none is mentioned.</param>
internal sealed record BrandVisibility(string Brand, int Mentions, int? FirstPosition, int? FirstWord, double ShareOfVoice);

/// <summary>How visible the tracked brands are in one response; the payload of <c>brand.visibility.calculated</c>.</summary>
/// <param name="ResponseId">The event that carried the response.</param>
/// <param name="RespondedAt">When that event was created.</param>
/// <param name="Platform">Which assistant responded, where the response says so.</param>
/// <param name="TotalMentions">The mentions of all brands together.</param>
/// <param name="Brands">Every tracked brand, in the order of the configuration.</param>
internal sealed record ResponseVisibility(
    Guid ResponseId, DateTimeOffset RespondedAt, string? Platform, int TotalMentions, IReadOnlyList<BrandVisibility> Brands);
