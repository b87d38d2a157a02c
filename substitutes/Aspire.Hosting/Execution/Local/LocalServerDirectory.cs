using System.Reflection;
using System.Security.Cryptography;

namespace Aspire.Hosting.Execution;

/// <summary>The per-user directory of the local servers: their Debian tree, the volumes, and the scripts that run them.</summary>
internal sealed class LocalServerDirectory(string path)
{
    private const string ResourcePrefix = "local-servers/";
    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private static readonly Assembly s_assembly = typeof(LocalServerDirectory).Assembly;

    /// <summary><c>$XDG_DATA_HOME/aspire-local</c>, by default <c>~/.local/share/aspire-local</c>.</summary>
    public static LocalServerDirectory OfUser => new(System.IO.Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "aspire-local"));

    public string Path { get; } = path;

    public string Root => System.IO.Path.Combine(Path, "root");

    public string Volumes => System.IO.Path.Combine(Path, "volumes");

    /// <summary>The output of resources, a directory for each application.</summary>
    public string Logs => System.IO.Path.Combine(Path, "logs");

    public string Instances => System.IO.Path.Combine(Path, "instances");

    /// <summary>Holds the hash of the provisioning script that made the tree.</summary>
    public string CompleteMarker => System.IO.Path.Combine(Path, "complete");

    /// <summary>Makes the directory unless it is there.</summary>
    /// <exception cref="DistributedApplicationException">It cannot be made, or nothing can be written to it.</exception>
    public void RequireWritable()
    {
        try
        {
            Directory.CreateDirectory(Volumes);
            string probe = System.IO.Path.Combine(Volumes, $".{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DistributedApplicationException(
                $"Nothing can be written to '{Path}', where the local servers and their data live ({e.Message.TrimEnd('.')}); "
                + "set XDG_DATA_HOME to a directory that can be written to, or start docker.", e);
        }
    }

    /// <summary>
    /// Makes a directory unless it is there, and lets servers in that have given up root's privileges, whatever this process's umask is.
    /// </summary>
    public static string Make(string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path);
            LetIn(path);
        }

        return path;
    }

    /// <summary>Writes the scripts out, once per version of them, and returns their directory.</summary>
    public string WriteScripts()
    {
        string target = System.IO.Path.Combine(Path, "scripts", HashOf(_ => true));
        if (Directory.Exists(target))
        {
            return target;
        }

        string partial = $"{target}.{Guid.NewGuid():N}";
        foreach (string resource in Resources())
        {
            string file = System.IO.Path.Combine(partial, resource[ResourcePrefix.Length..]);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, Read(resource));
        }

        foreach (string path in Directory.EnumerateFileSystemEntries(partial, "*", SearchOption.AllDirectories))
        {
            LetIn(path);
        }

        try
        {
            Directory.Move(partial, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            Directory.Delete(partial, recursive: true); // another application host was faster
        }

        return target;
    }

    /// <summary>The version of what the provisioning script makes.</summary>
    public static string ProvisioningVersion { get; } = HashOf(resource => resource == ResourcePrefix + "provision");

    private static void LetIn(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, Executable);
        }
    }

    private static IEnumerable<string> Resources() =>
        s_assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static string HashOf(Func<string, bool> include)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string resource in Resources().Where(include))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(resource));
            hash.AppendData(Read(resource));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static byte[] Read(string resource)
    {
        using Stream stream = s_assembly.GetManifestResourceStream(resource)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
