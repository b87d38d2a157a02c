using System.Runtime.Versioning;
using Aspire.Hosting;
using Aspire.Hosting.Execution;

namespace RankMyBrand.Tests.Substitutes.Execution;

public sealed class LocalServerInstallerTests : IAsyncDisposable
{
    private readonly ProcessSupervisor _supervisor = new();
    private readonly LocalServerDirectory _directory = new(Directory.CreateTempSubdirectory().FullName);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Install_DiskTooSmall_SaysHowMuchIsMissingAndWhere()
    {
        LocalServerInstaller installer = new(_directory, _supervisor) { FreeBytes = _ => 700_000_000, IsRoot = () => true };

        DistributedApplicationException small = await Assert.ThrowsAsync<DistributedApplicationException>(() => installer.InstallAsync(_ => { }, Cancellation));

        Assert.Contains($"need about 2 GB, and 0.7 GB are free at '{_directory.Path}'", small.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Install_NotRoot_OffersAnEngineOrRoot()
    {
        LocalServerInstaller installer = new(_directory, _supervisor) { IsRoot = () => false };

        DistributedApplicationException refused = await Assert.ThrowsAsync<DistributedApplicationException>(() => installer.InstallAsync(_ => { }, Cancellation));

        Assert.Contains("neither a container engine answers nor is this user root; start docker (or podman), or run as root", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no route to the mirror", "step 'base' of the local servers failed with exit code 3: no route to the mirror")]
    [InlineData("tar: write error: No space left on device", "the disk is full: step 'base'")]
    [UnsupportedOSPlatform("windows")]
    public async Task Install_StepFails_SaysWhichAndWhyAndWhereTheLogIs(string complaint, string expected)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can install the local servers.");
        LocalServerInstaller installer = await WithToolsAsync(("debootstrap", $"echo '{complaint}'; exit 3"));
        List<string> progress = [];

        DistributedApplicationException failed = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => installer.InstallAsync(progress.Add, Cancellation));

        Assert.Contains(expected, failed.Message, StringComparison.Ordinal);
        Assert.Contains($"(log: {_directory.Path}/provision.log)", failed.Message, StringComparison.Ordinal);
        Assert.Contains(progress, line => line.StartsWith("local servers 2/3: PostgreSQL 17", StringComparison.Ordinal));
        Assert.False(Directory.Exists(_directory.Root));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Install_TreeWasRemoved_MakesItAnew()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can install the local servers.");
        LocalServerInstaller installer = await WithToolsAsync(
            ("debootstrap", "mkdir -p \"$5\""),
            ("npm", "[ \"$1\" = --version ]"));
        await Assert.ThrowsAsync<DistributedApplicationException>(() => installer.InstallAsync(_ => { }, Cancellation));
        Directory.Delete(_directory.Root, recursive: true);

        await Assert.ThrowsAsync<DistributedApplicationException>(() => installer.InstallAsync(_ => { }, Cancellation));

        Assert.True(Directory.Exists(Path.Combine(_directory.Root, "docker-entrypoint-initdb.d")));
    }

    [Fact]
    public async Task Detect_EngineThatDoesNotExist_SaysWhatWasAskedFor()
    {
        DistributedApplicationException unknown = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => ContainerRuntimes.DetectAsync("kubernetes", _supervisor, Cancellation));

        Assert.Contains("'kubernetes', and only docker, podman and none", unknown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis", "redis", "latest")]
    [InlineData("docker.io/library/redis:8.6", "redis", "8.6")]
    [InlineData("localhost:5000/timescale/timescaledb:2.27.0-pg17", "timescale/timescaledb", "2.27.0-pg17")]
    [InlineData("timescale/timescaledb@sha256:0123", "timescale/timescaledb", "latest")]
    public void ImageName_AnyForm_IsTakenApart(string image, string repository, string tag) =>
        Assert.Equal(new ImageName(repository, tag), ImageName.Parse(image));

    /// <summary>An installer for whom these scripts stand in for tools of the machine.</summary>
    [UnsupportedOSPlatform("windows")]
    private async Task<LocalServerInstaller> WithToolsAsync(params (string Name, string Script)[] tools)
    {
        string directory = Directory.CreateDirectory(Path.Combine(_directory.Path, "tools")).FullName;
        foreach ((string name, string script) in tools)
        {
            string file = Path.Combine(directory, name);
            await File.WriteAllTextAsync(file, $"#!/bin/sh\n{script}\n", Cancellation);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        return new(_directory, _supervisor)
        {
            FreeBytes = _ => long.MaxValue,
            Variables = new Dictionary<string, string> { ["PATH"] = $"{directory}:{Environment.GetEnvironmentVariable("PATH")}" },
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _supervisor.DisposeAsync();
        Directory.Delete(_directory.Path, recursive: true);
    }
}
