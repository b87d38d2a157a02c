using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Runtime;

/// <summary>Reads <c>Properties/launchSettings.json</c> and chooses a profile.</summary>
internal static class LaunchProfiles
{
    private static readonly JsonSerializerOptions s_lenient = new()
    {
        PropertyNameCaseInsensitive = true,
        AllowTrailingCommas = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    public static (string Name, LaunchProfile Profile)? Choose(
        IConfiguration configuration, IProjectMetadata metadata, ProjectResourceOptions options)
    {
        if (options.ExcludeLaunchProfile)
            return null;

        var settings = metadata.LaunchSettings ?? Read(Path.GetDirectoryName(metadata.ProjectPath)!);
        if (options.LaunchProfileName is { } wanted)
        {
            return settings?.Profiles.TryGetValue(wanted, out var named) == true
                ? (wanted, named)
                : throw new DistributedApplicationException($"The project '{metadata.ProjectPath}' has no launch profile '{wanted}'.");
        }

        if (settings is null)
            return null;

        var own = configuration["AppHost:DefaultLaunchProfileName"] ?? configuration["DOTNET_LAUNCH_PROFILE"];
        if (own is not null && settings.Profiles.TryGetValue(own, out var same))
            return (own, same);

        var first = settings.Profiles.FirstOrDefault(p => string.Equals(p.Value.CommandName, "Project", StringComparison.OrdinalIgnoreCase));
        return first.Value is null ? null : (first.Key, first.Value);
    }

    /// <summary>The launch settings of the project in a folder, or null if it has none.</summary>
    public static LaunchSettings? Read(string projectDirectory)
    {
        var path = Path.Combine(projectDirectory, "Properties", "launchSettings.json");
        if (!File.Exists(path))
            return null;

        try
        {
            return JsonSerializer.Deserialize<LaunchSettings>(File.ReadAllText(path), s_lenient);
        }
        catch (JsonException e)
        {
            throw new DistributedApplicationException($"The launch settings '{path}' are not valid JSON: {e.Message}", e);
        }
    }
}
