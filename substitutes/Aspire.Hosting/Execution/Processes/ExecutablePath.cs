namespace Aspire.Hosting.Execution;

/// <summary>Finds a program as a shell does.</summary>
internal static class ExecutablePath
{
    /// <exception cref="DistributedApplicationException">There is no such program.</exception>
    public static string Find(string fileName, string workingDirectory)
    {
        if (fileName.Contains('/', StringComparison.Ordinal))
        {
            string path = Path.GetFullPath(fileName, workingDirectory);
            return File.Exists(path)
                ? path
                : throw new DistributedApplicationException($"The program '{path}' does not exist.");
        }

        return FindInPath(fileName)
            ?? throw new DistributedApplicationException($"The program '{fileName}' was not found in PATH; install it or give its full path.");
    }

    public static string? FindInPath(string fileName) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/sbin").Append("/sbin")
            .Select(directory => Path.Combine(directory, fileName))
            .FirstOrDefault(File.Exists);
}
