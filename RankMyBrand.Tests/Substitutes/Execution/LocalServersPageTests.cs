using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.Execution;
using Aspire.Hosting.Runtime;
using Aspire.Hosting.Testing;
using RankMyBrand.Tests.Substitutes.AspireHosting;

namespace RankMyBrand.Tests.Substitutes.Execution;

/// <summary>docs/local-servers.md quotes what a bad state says: each sentence is said, and what is said stands there.</summary>
public sealed partial class LocalServersPageTests : IAsyncDisposable
{
    private readonly ProcessSupervisor _supervisor = new();
    private readonly LocalServerDirectory _directory = new(Directory.CreateTempSubdirectory().FullName);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BadStates_OfThePage_AreWhatIsSaid()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", "local-servers.md"), Cancellation);
        var quoted = Row().Matches(text[text.IndexOf("| It says |", StringComparison.Ordinal)..])
            .Select(match => match.Groups["sentence"].Value)
            .Skip(1) // the head of the table; the line below it has no text
            .ToList();

        var said = await SayAllAsync();

        Assert.All(quoted, sentence => Assert.Contains(said, message => IsMeant(sentence, message)));
        Assert.All(said, message => Assert.Contains(quoted, sentence => IsMeant(sentence, message)));
    }

    public async ValueTask DisposeAsync()
    {
        await _supervisor.DisposeAsync();
        Directory.Delete(_directory.Path, recursive: true);
    }

    /// <summary>… stands for what differs from case to case.</summary>
    private static bool IsMeant(string sentence, string message) => Regex.IsMatch(
        message, Regex.Escape(sentence).Replace("…", ".+", StringComparison.Ordinal), RegexOptions.Singleline, TimeSpan.FromSeconds(1));

    private async Task<List<string>> SayAllAsync() =>
    [
        await MessageOfAsync(() => Installer(isRoot: false, free: long.MaxValue).InstallAsync(_ => { }, Cancellation)),
        await MessageOfAsync(() => Installer(isRoot: true, free: 700_000_000).InstallAsync(_ => { }, Cancellation)),
        await MessageOfAsync(() => FailingInstaller().InstallAsync(_ => { }, Cancellation)),
        await MessageOfAsync(() => new LocalServerRuntime(_supervisor, _directory).PrepareAsync("mongo:8", _ => { }, Cancellation)),
        await MessageOfAsync(() => ContainerRuntimes.DetectAsync("steam", _supervisor, Cancellation)),
        await TakenPortAsync(),
        await CrashLoopAsync(),
        await MessageOfAsync(() => UnwritableInstaller().InstallAsync(_ => { }, Cancellation)),
        await VolumeInUseAsync(),
        Assert.Throws<DistributedApplicationException>(() => RunArguments.Read(["rest"])).Message,
        Assert.Throws<DistributedApplicationException>(() => RunArguments.Read(["--publisher", "manifest"])).Message,
    ];

    private static async Task<string> MessageOfAsync(Func<Task> act) =>
        (await Assert.ThrowsAsync<DistributedApplicationException>(act)).Message;

    private LocalServerInstaller Installer(bool isRoot, long free) =>
        new(_directory, _supervisor) { IsRoot = () => isRoot, FreeBytes = _ => free };

    /// <summary>One whose directory would be below a file: root may write to any directory.</summary>
    private LocalServerInstaller UnwritableInstaller()
    {
        var file = Path.Combine(_directory.Path, "file");
        File.WriteAllBytes(file, []);
        return new(new LocalServerDirectory(Path.Combine(file, "aspire-local")), _supervisor) { IsRoot = () => true };
    }

    /// <summary>The volume has the name of a directory that every process sees mounted.</summary>
    private Task<string> VolumeInUseAsync()
    {
        Directory.CreateDirectory(Path.Combine(_directory.Volumes, "proc"));
        return MessageOfAsync(() => new LocalServerRuntime(_supervisor, _directory).DeleteVolumesAsync(["proc"], _ => { }, Cancellation));
    }

    /// <summary>One that no mirror answers.</summary>
    private LocalServerInstaller FailingInstaller()
    {
        var tools = Directory.CreateDirectory(Path.Combine(_directory.Path, "tools")).FullName;
        var debootstrap = Path.Combine(tools, "debootstrap");
        File.WriteAllText(debootstrap, "#!/bin/sh\necho no route to the mirror\nexit 3\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(debootstrap, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new(_directory, _supervisor)
        {
            FreeBytes = _ => long.MaxValue,
            Variables = new Dictionary<string, string> { ["PATH"] = $"{tools}:{Environment.GetEnvironmentVariable("PATH")}" },
        };
    }

    private static async Task<string> TakenPortAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddShell("worker", "exec sleep 600").WithHttpEndpoint(((IPEndPoint)listener.LocalEndpoint).Port, isProxied: false);
        await using var app = await builder.StartAsync();
        return await app.LineAsync("worker", "is taken by");
    }

    private static async Task<string> CrashLoopAsync()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create(
            [.. Apps.FastRestarts, "DcpPublisher:CrashRestart:MaxCrashes=2"]);
        builder.AddShell("worker", "exit 7");
        await using var app = await builder.StartAsync();
        return await app.LineAsync("worker", "crash loop");
    }

    [GeneratedRegex(@"^\| (?<sentence>[^|]+) \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();
}
