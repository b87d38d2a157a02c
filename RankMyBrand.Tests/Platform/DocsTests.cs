using System.Diagnostics;
using System.Text.RegularExpressions;

namespace RankMyBrand.Tests.Platform;

/// <summary>The shell examples of the documentation are run as they stand, against the running platform.</summary>
[Collection(PlatformFixture.Collection)]
public sealed partial class DocsTests(PlatformFixture platform)
{
    public static TheoryData<string> Pages => [.. Directory.EnumerateFiles(DocsDirectory, "*.md").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private static string DocsDirectory => Path.Combine(AppContext.BaseDirectory, "docs");

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Examples_OfAPage_Run(string page)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(DocsDirectory, page), TestContext.Current.CancellationToken);
        var examples = ShellExample().Matches(text).Select(match => match.Groups["script"].Value).ToList();
        if (examples.Count == 0)
            return;
        using var client = await platform.CreateClientAsync();

        foreach (var example in examples)
        {
            var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", example]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
            start.Environment["GATEWAY"] = client.BaseAddress!.ToString().TrimEnd('/');
            start.Environment["KEY"] = PlatformFixture.ApiKey;
            using var bash = Process.Start(start)!;
            var output = bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = bash.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(bash.ExitCode == 0, $"{page}: {example}\nended with {bash.ExitCode}: {await output}{await errors}");
        }
    }

    [GeneratedRegex("```bash\n(?<script>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ShellExample();
}
