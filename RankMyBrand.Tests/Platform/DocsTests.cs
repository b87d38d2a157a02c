using System.Diagnostics;
using System.Text.RegularExpressions;
using Aspire.Hosting.Testing;
using RankMyBrand.Tests.Docs;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Platform;

/// <summary>The shell examples of the documentation are run as they stand, against the running platform.</summary>
[Collection(PlatformFixture.Collection)]
public sealed partial class DocsTests(PlatformFixture platform)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public static TheoryData<string> Pages =>
        [.. Directory.EnumerateFiles(DocsDirectory, "*.md").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private static string DocsDirectory => Path.Combine(AppContext.BaseDirectory, "docs");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Examples_OfAPage_Run(string page)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(DocsDirectory, page), Cancellation);
        var examples = ShellExample().Matches(text).Select(match => match.Groups["script"].Value).ToList();
        if (examples.Count == 0)
            return;
        await using var module = page == "first-module.md" ? await AddFirstModuleAsync() : null;

        foreach (var example in examples)
            await RunAsync(page, example);
    }

    private async Task RunAsync(string page, string example)
    {
        using var client = await platform.CreateClientAsync();
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", example])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["GATEWAY"] = client.BaseAddress!.ToString().TrimEnd('/'),
                ["KEY"] = PlatformFixture.ApiKey,
            },
        };
        using var bash = Process.Start(start)!;
        var output = bash.StandardOutput.ReadToEndAsync(Cancellation);
        var errors = bash.StandardError.ReadToEndAsync(Cancellation);
        try
        {
            await bash.WaitForExitAsync(Cancellation).WaitAsync(s_patience, Cancellation);
        }
        finally
        {
            bash.Kill(entireProcessTree: true);
        }

        Assert.True(bash.ExitCode == 0, $"{page}: {example}\nended with {bash.ExitCode}: {await output}{await errors}");
    }

    /// <summary>
    /// Runs the module of the page beside the platform, from now on: the streams of these tests hold what others have sent.
    /// </summary>
    private async Task<IAsyncDisposable> AddFirstModuleAsync()
    {
        var connection = (await (await platform.StartAsync()).GetConnectionStringAsync("redis", Cancellation))!;
        var redis = await ConnectionMultiplexer.ConnectAsync(connection);
        await redis.GetDatabase().StreamCreateConsumerGroupAsync(FirstModule.Stream, FirstModule.Group, StreamPosition.NewMessages);
        return new FirstModule(
            ExampleProcess.Start(typeof(Docs.Examples.FirstModule.Example), ("ConnectionStrings__redis", connection)), redis);
    }

    [GeneratedRegex("```bash\n(?<script>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ShellExample();

    private sealed class FirstModule(ExampleProcess process, IConnectionMultiplexer redis) : IAsyncDisposable
    {
        public const string Stream = "ai.responses";
        public const string Group = "count-words";

        public async ValueTask DisposeAsync()
        {
            await process.DisposeAsync();
            // A group that nobody runs would hold the stream back.
            await redis.GetDatabase().StreamDeleteConsumerGroupAsync(Stream, Group);
            await redis.DisposeAsync();
        }
    }
}
