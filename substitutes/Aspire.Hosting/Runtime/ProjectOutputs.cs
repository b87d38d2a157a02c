using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>Finds the assemblies that projects were built to.</summary>
internal sealed class ProjectOutputs(AppHostAssembly appHost)
{
    /// <summary>The <c>dotnet</c> that this process itself runs on.</summary>
    public static string DotnetPath { get; } = FindDotnet();

    /// <exception cref="DistributedApplicationException">The project has not been built.</exception>
    public string Find(ProjectResource project)
    {
        var path = project.GetProjectMetadata().ProjectPath;
        var output = AppHostMetadata.Find(appHost.Assembly, $"aspireprojectoutput:{path}") ?? Newest(path);
        return output is not null && File.Exists(output)
            ? output
            : throw new DistributedApplicationException(
                $"The project '{project.Name}' has not been built{(output is null ? "" : $" ('{output}' does not exist)")}; run 'dotnet build {path}'.");
    }

    // A project that is given by its path is not among those that the application host's build knows.
    private static string? Newest(string projectPath)
    {
        var bin = Path.Combine(Path.GetDirectoryName(projectPath)!, "bin");
        return Directory.Exists(bin)
            ? Directory.EnumerateFiles(bin, $"{Path.GetFileNameWithoutExtension(projectPath)}.dll", SearchOption.AllDirectories)
                .Where(f => File.Exists(Path.ChangeExtension(f, ".runtimeconfig.json")))
                .OrderByDescending(File.GetLastWriteTimeUtc).FirstOrDefault()
            : null;
    }

    private static string FindDotnet()
    {
        if (Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } given && File.Exists(given))
            return given;

        // …/dotnet/shared/Microsoft.NETCore.App/10.0.x/
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var candidate = Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(candidate) ? candidate : "dotnet";
    }
}

/// <summary>The application host's assembly, if it has one.</summary>
internal sealed record AppHostAssembly(System.Reflection.Assembly? Assembly);
