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
    public static string? StartTime(int process)
    {
        string stat = Encoding.UTF8.GetString(Read(process, "stat"));
        int afterName = stat.LastIndexOf(')');
        return afterName < 0 ? null : stat[(afterName + 2)..].Split(' ')[19];
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
