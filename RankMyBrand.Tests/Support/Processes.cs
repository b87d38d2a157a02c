using System.Diagnostics;
using System.Globalization;

namespace RankMyBrand.Tests.Support;

/// <summary>Finds and kills real processes of this machine, as a crash would.</summary>
internal static class Processes
{
    /// <summary>The processes that this one started (also through others) and whose command line holds <paramref name="text"/>.</summary>
    public static IReadOnlyList<int> DescendantsWith(string text) =>
        [.. All().Where(id => CommandLineOf(id).Contains(text, StringComparison.Ordinal) && IsDescendant(id))];

    /// <summary>The process that listens on a port of the loopback interface.</summary>
    public static int ListeningOn(int port)
    {
        var inode = InodeOf(port);
        foreach (var id in All())
        {
            try
            {
                if (Directory.EnumerateFiles($"/proc/{id}/fd").Any(fd => File.ResolveLinkTarget(fd, false)?.Name.Contains(inode, StringComparison.Ordinal) is true))
                    return id;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        throw new InvalidOperationException($"No process listens on port {port}.");
    }

    /// <summary>SIGKILL: the process has no chance to finish anything.</summary>
    public static void Kill(int id)
    {
        using var process = Process.GetProcessById(id);
        process.Kill();
    }

    private static string InodeOf(int port)
    {
        var local = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        var line = new[] { "/proc/net/tcp", "/proc/net/tcp6" }.SelectMany(File.ReadLines)
            .Select(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(columns => columns[1].EndsWith(local, StringComparison.Ordinal) && columns[3] == "0A");
        return line is null ? throw new InvalidOperationException($"Nothing listens on port {port}.") : $"[{line[9]}]";
    }

    private static IEnumerable<int> All() =>
        Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var id) ? id : 0).Where(id => id > 0);

    private static bool IsDescendant(int id)
    {
        while (id > 1)
        {
            if (id == Environment.ProcessId)
                return true;
            id = ParentOf(id);
        }

        return false;
    }

    private static int ParentOf(int id)
    {
        var stat = Read($"/proc/{id}/stat");
        var afterName = stat.LastIndexOf(')') + 2;
        return stat.Length > afterName ? int.Parse(stat[afterName..].Split(' ')[1], CultureInfo.InvariantCulture) : 0;
    }

    private static string CommandLineOf(int id) => Read($"/proc/{id}/cmdline").Replace('\0', ' ');

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
