using System.Reflection;
using Aspire.Hosting.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>How an application under test differs from one that a person runs.</summary>
internal static class TestDefaults
{
    private static readonly Dictionary<string, string?> s_values = new()
    {
        ["ASPNETCORE_URLS"] = "http://localhost:8080",
        ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = "http://localhost:4317",
        ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
        ["DcpPublisher:RandomizePorts"] = "true",
        ["DcpPublisher:WaitForResourceCleanup"] = "true",
        ["DcpPublisher:ContainerRuntimeInitializationTimeout"] = "00:00:30",
    };

    public static void Apply(DistributedApplicationOptions options, HostApplicationBuilderSettings host, Assembly assembly)
    {
        options.AssemblyName = assembly.GetName().Name;
        options.DisableDashboard = true;
        options.EnableResourceLogging = true;
        options.ProjectDirectory ??= AppHostMetadata.Find(assembly, "apphostprojectpath");
        host.ContentRootPath = options.ProjectDirectory;
        host.Configuration ??= new ConfigurationManager();
        host.Configuration.AddInMemoryCollection(s_values);
        var profile = Profile(options.ProjectDirectory);
        host.Configuration.AddInMemoryCollection(profile!);
        host.EnvironmentName ??= profile.GetValueOrDefault("DOTNET_ENVIRONMENT") ?? profile.GetValueOrDefault("ASPNETCORE_ENVIRONMENT") ??
            Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environments.Development;
    }

    private static Dictionary<string, string> Profile(string? projectDirectory)
    {
        if (projectDirectory is null || LaunchProfiles.Read(projectDirectory) is not { Profiles.Count: > 0 } settings)
            return [];

        var wanted = Environment.GetEnvironmentVariable("DOTNET_LAUNCH_PROFILE");
        var profile = wanted is not null && settings.Profiles.TryGetValue(wanted, out var named) ? named : settings.Profiles.First().Value;
        return profile.EnvironmentVariables;
    }
}
