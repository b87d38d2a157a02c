using System.Globalization;
using System.Text;

namespace Aspire.Hosting.Execution;

/// <summary>What /proc tells about the processes of this machine.</summary>
internal static class ProcessTable
{
    /// <summary>The processes that have <paramref name="name"/>=<paramref name="value"/> in their environment: a start and all that descends from it.</summary>
    public static IEnumerable<int> WithEnvironment(string name, string value)
    {
        byte[] entry = Encoding.UTF8.GetBytes($"{name}={value}\0");
        return All().Where(process => Read(process, "environ").AsSpan().IndexOf(entry) >= 0);
    }

    public static IEnumerable<int> All() =>
        Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path.AsSpan()), out int id) ? id : 0)
            .Where(id => id > 0);

    public static string Name(int process) => Encoding.UTF8.GetString(Read(process, "comm")).TrimEnd('\n');

    /// <summary>The arguments, separated by spaces.</summary>
    public static string CommandLine(int process) => Encoding.UTF8.GetString(Read(process, "cmdline")).Replace('\0', ' ').TrimEnd();

    /// <summary>When the process started, in clock ticks since boot, or null when there is no such process: tells a process from a later one with its id.</summary>
    public static string? StartTime(int process) => Stat(process) is { Length: > 19 } fields ? fields[19] : null;

    /// <summary>The process that started the process, or that took it over when that one ended; null when there is no such process.</summary>
    public static int? Parent(int process) => Stat(process) is { Length: > 1 } fields ? int.Parse(fields[1], CultureInfo.InvariantCulture) : null;

    /// <summary>The processes that see a directory, or a part of it, mounted somewhere else.</summary>
    public static IEnumerable<int> WithMountOf(string directory)
    {
        // Where the directory is on a disk of its own, the mount names only its end.
        byte[] name = Encoding.UTF8.GetBytes($"/{Path.GetFileName(directory)} ");
        return All().Where(process => Read(process, "mountinfo").AsSpan().IndexOf(name) >= 0);
    }

    // The fields after the name, which may hold anything.
    private static string[] Stat(int process)
    {
        string stat = Encoding.UTF8.GetString(Read(process, "stat"));
        int afterName = stat.LastIndexOf(')');
        return afterName < 0 ? [] : stat[(afterName + 2)..].Split(' ');
    }

    // A process may end between the listing and the reading, or belong to somebody else.
    private static byte[] Read(int process, string file)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{process}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
