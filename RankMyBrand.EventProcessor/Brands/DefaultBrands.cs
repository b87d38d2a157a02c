namespace RankMyBrand.EventProcessor.Brands;

/// <summary>
/// The brands that are tracked until some are configured: the assistants and their makers, and two languages that they talk about a lot.
/// Words that are common in other senses (Meta, a tag of HTML; Perplexity, a measure) stand only in longer terms.
/// </summary>
internal static class DefaultBrands
{
    public static IReadOnlyList<BrandOptions> All { get; } =
    [
        new() { Name = "OpenAI", Aliases = ["ChatGPT", "GPT", "GPT-4", "GPT-4o", "GPT-5", "DALL-E", "Sora"] },
        new() { Name = "Anthropic", Aliases = ["Claude"] },
        new() { Name = "Google", Aliases = ["Alphabet", "Bard", "DeepMind", "Gemini", "Google Cloud"] },
        new() { Name = "Microsoft", Aliases = ["Azure", "Bing", "Copilot"] },
        new() { Name = "Meta AI", Aliases = ["Meta Platforms", "Facebook", "Llama 2", "Llama 3", "Llama 4"] },
        new() { Name = "Amazon", Aliases = ["Alexa", "Amazon Bedrock", "AWS"] },
        new() { Name = "Mistral AI", Aliases = ["Mistral", "Mixtral"] },
        new() { Name = "Perplexity AI", Aliases = ["Perplexity.ai"] },
        new() { Name = "Python", Aliases = ["CPython"], MinShareOfVoice = 0 },
        new() { Name = "C++", Aliases = ["cpp"], MinShareOfVoice = 0 },
    ];
}
