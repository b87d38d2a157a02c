using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Names volumes so that applications do not share them by accident.</summary>
public static class VolumeNameGenerator
{
    private const int HashLength = 10;

    /// <summary><c>{application}-{hash of its path}-{resource}-{suffix}</c></summary>
    public static string Generate<T>(IResourceBuilder<T> builder, string suffix)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (suffix.Any(c => !IsAllowed(c)))
            throw new ArgumentException($"The suffix '{suffix}' contains invalid characters; only [a-zA-Z0-9_.-] are allowed.", nameof(suffix));

        var application = builder.ApplicationBuilder;
        return $"{Prefix(application.Environment.ApplicationName, application.Configuration)}{builder.Resource.Name}-{suffix}";
    }

    internal static string Prefix(string applicationName, IConfiguration configuration) =>
        $"{PrefixOfAll(applicationName)}{configuration["AppHost:Sha256"]![..HashLength].ToLowerInvariant()}-";

    /// <summary>What the names of the application's volumes begin with, wherever it is checked out.</summary>
    internal static string PrefixOfAll(string applicationName) =>
        $"{string.Concat(applicationName.Select(c => IsAllowed(c) ? c : '_'))}-".ToLowerInvariant();

    /// <summary>Whether the volume belongs to the application, here or in another checkout.</summary>
    internal static bool IsOf(string applicationName, string volume)
    {
        var prefix = PrefixOfAll(applicationName);
        return volume.StartsWith(prefix, StringComparison.Ordinal)
            && volume[prefix.Length..].Split('-') is [{ Length: HashLength } hash, _, ..] && hash.All(char.IsAsciiHexDigitLower);
    }

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-';
}
