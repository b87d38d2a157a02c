using System.Text.RegularExpressions;

namespace RankMyBrand.Tests.Docs;

/// <summary>
/// The C# and SQL of a page is code of this project: each of its paragraphs stands, line by line, in the page's files under Examples,
/// where it is compiled and run. The indentation does not count, nor what surrounds a paragraph there.
/// </summary>
public sealed partial class CSharpExamplesTests
{
    private static readonly string s_docs = Path.Combine(AppContext.BaseDirectory, "docs");

    public static TheoryData<string> PagesWithCode =>
        [.. Directory.EnumerateFiles(s_docs, "*.md")
            .Where(page => Code().IsMatch(File.ReadAllText(page)))
            .Select(page => Path.GetFileName(page))];

    [Theory]
    [MemberData(nameof(PagesWithCode))]
    public async Task Code_OfAPage_IsCompiled(string page)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(s_docs, page), TestContext.Current.CancellationToken);
        var compiled = string.Join('\n', Directory.EnumerateFiles(Path.Combine(s_docs, "examples"), "*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".sql", StringComparison.Ordinal) || Path.GetFileName(file).Split('.')[0] == NameOf(page))
            .Select(file => Normalize(File.ReadAllText(file))));

        var missing = Code().Matches(text)
            .SelectMany(match => PartsOf(match.Groups["code"].Value))
            .Where(paragraph => !compiled.Contains(Normalize(paragraph), StringComparison.Ordinal));

        Assert.Empty(missing);
    }

    /// <summary>event-handlers.md belongs to EventHandlers.cs, and to EventHandlers.Anything.cs.</summary>
    private static string NameOf(string page) => string.Concat(
        Path.GetFileNameWithoutExtension(page).Split('-').Select(word => $"{char.ToUpperInvariant(word[0])}{word[1..]}"));

    /// <summary>The paragraphs; of imports, the lines: a file may import more.</summary>
    private static IEnumerable<string> PartsOf(string code) => code.Split("\n\n").SelectMany(paragraph =>
        paragraph.TrimEnd().Split('\n') is var lines && lines.All(line => Import().IsMatch(line)) ? lines : [paragraph]);

    private static string Normalize(string text) =>
        $"\n{string.Join('\n', text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0))}\n";

    [GeneratedRegex("```(csharp|sql)\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();

    [GeneratedRegex("^using [A-Za-z.]+;$", RegexOptions.None, 1000)]
    private static partial Regex Import();
}
