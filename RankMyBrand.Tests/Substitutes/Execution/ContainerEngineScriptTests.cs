using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using RankMyBrand.Tests.Substitutes.AspireHosting;

namespace RankMyBrand.Tests.Substitutes.Execution;

/// <summary>scripts/container-engine with programs that stand in for docker and dockerd.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ContainerEngineScriptTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("sleep")]
    [InlineData("dockerd")]
    public async Task Stop_EndsNothingButItsOwnEngine(string program)
    {
        string calls = Path.Combine(_directory.Path, "calls");
        Stand("docker", $"echo \"$DOCKER_HOST $*\" >>{calls}");
        string engine = Path.Combine(_directory.Path, program);
        File.Copy("/bin/sleep", engine);
        using Process process = Process.Start(engine, ["600"]);
        string state = Directory.CreateDirectory(Path.Combine(_directory.Path, "state")).FullName;
        File.WriteAllText(Path.Combine(state, "pid"), process.Id.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText(Path.Combine(state, "host"), "unix:///run/of-the-script.sock");

        Assert.Equal(0, await RunAsync("stop", state));

        bool isOwn = program == "dockerd";
        Assert.Equal(isOwn ? ["unix:///run/of-the-script.sock ps --quiet"] : [], File.Exists(calls) ? File.ReadAllLines(calls) : []);
        Assert.Equal(isOwn, process.WaitForExit(isOwn ? TimeSpan.FromMinutes(1) : TimeSpan.Zero));
        Assert.False(Directory.Exists(state));
        process.Kill();
    }

    [Fact]
    public async Task Start_InADirectoryOfSomebodyElse_IsRefused()
    {
        Stand("docker", "exit 1");
        string others = Directory.CreateDirectory(Path.Combine(_directory.Path, "others")).FullName;
        string state = Path.Combine(_directory.Path, "state");
        Directory.CreateSymbolicLink(state, others);

        Assert.Equal(1, await RunAsync("start", state));

        Assert.Empty(Directory.GetFileSystemEntries(others));
    }

    private void Stand(string name, string script)
    {
        string file = Path.Combine(_directory.Path, name);
        File.WriteAllText(file, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private async Task<int> RunAsync(params string[] arguments)
    {
        string script = Path.Combine(Projects.RankMyBrand_AppHost.ProjectPath, "..", "scripts", "container-engine");
        ProcessStartInfo start = new("/bin/sh", [script, .. arguments]);
        start.Environment["PATH"] = $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment.Remove("DOCKER_HOST");
        using Process process = Process.Start(start)!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }
}
