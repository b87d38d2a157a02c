using System.Reflection;

namespace Aspire.Hosting.Runtime;

/// <summary>Reads what the build stamped on the application host's assembly.</summary>
internal static class AppHostMetadata
{
    public static string? Find(Assembly? assembly, string key) =>
        assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(a => string.Equals(a.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
}
