using System.Diagnostics;
using System.Reflection;
using Aspire.Hosting.Execution;

namespace RankMyBrand.Tests.Substitutes.Execution;

/// <summary>Another process with a supervisor and children of its own, to be killed by a test.</summary>
internal static class FakeApplicationHost
{
    private const string Marker = "RANKMYBRAND_FAKE_APPLICATION_HOST";

    /// <summary>Starts it. It writes its supervisor's session, the watchdog's process id and a directory to be removed, a line each.</summary>
    /// <param name="withContainer">True starts a container of an engine too, in a network of its own.</param>
    public static Process Start(bool withContainer = false)
    {
        string assembly = Assembly.GetExecutingAssembly().Location;
        ProcessStartInfo start = new("dotnet", [assembly]) { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false };
        start.Environment["DOTNET_STARTUP_HOOKS"] = assembly;
        start.Environment[Marker] = withContainer ? "container" : "processes";
        return Process.Start(start)!;
    }

    internal static void RunWhenAsked()
    {
        if (Environment.GetEnvironmentVariable(Marker) is not { } mode)
        {
            return;
        }

        // The children are no hosts.
        Environment.SetEnvironmentVariable(Marker, null);
        Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", null);
        ProcessSupervisor supervisor = new();
        string directory = Directory.CreateTempSubdirectory().FullName;
        supervisor.AtEnd(() => Task.CompletedTask, $"rm -rf '{directory}'");
        foreach (string script in (string[])["sleep 1005", "trap '' TERM; sleep 1006 & setsid sleep 1007 & wait; sleep 1008"])
        {
            supervisor.Start(new ProcessSpec { FileName = "/bin/sh", Arguments = ["-c", script], WorkingDirectory = "/" }, _ => { });
        }

        if (mode == "container")
        {
            StartContainerAsync(supervisor).GetAwaiter().GetResult(); // nothing else runs here
        }

        Console.WriteLine(supervisor.Session);
        Console.WriteLine(supervisor.WatchdogProcessId);
        Console.WriteLine(directory);
        Thread.Sleep(Timeout.Infinite);
    }

    private static async Task StartContainerAsync(ProcessSupervisor supervisor)
    {
        IContainerRuntime runtime = await ContainerRuntimes.DetectAsync(configured: null, supervisor, CancellationToken.None);
        ContainerSpec spec = Servers.Redis() with { Network = $"test-{supervisor.Session}" };
        await runtime.StartAsync(spec, _ => { }, CancellationToken.None);
    }
}
