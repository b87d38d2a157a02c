using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Execution;

/// <summary>TCP ports of the loopback interface.</summary>
internal static class Ports
{
    private const int Lowest = 15000;
    private const int Highest = 64999;
    private const int Attempts = 2000;
    private const int Enough = 1000;

    private static readonly HashSet<int> s_reserved = [];
    private static readonly Lock s_gate = new();

    /// <summary>
    /// A port that is free on both loopback addresses, that this process has not been given before, and that the kernel does not give to
    /// outgoing connections, unless it gives them almost all.
    /// </summary>
    /// <exception cref="DistributedApplicationException">There is none.</exception>
    public static int Reserve() => Reserve(EphemeralRange());

    /// <param name="ephemeral">The ports that the kernel gives to outgoing connections.</param>
    internal static int Reserve((int From, int To) ephemeral)
    {
        bool avoids = Math.Max(0, ephemeral.From - Lowest) + Math.Max(0, Highest - ephemeral.To) >= Enough;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            // At random, so that application hosts that start at the same time seldom try the same one.
            int port = Random.Shared.Next(Lowest, Highest + 1);
            if ((avoids && port >= ephemeral.From && port <= ephemeral.To) || !CanBind(port))
            {
                continue;
            }

            lock (s_gate)
            {
                if (s_reserved.Add(port))
                {
                    return port;
                }
            }
        }

        throw new DistributedApplicationException(
            $"No free TCP port was found between {Lowest} and {Highest}"
            + $"{(avoids ? $" outside the kernel's range {ephemeral.From}-{ephemeral.To}" : "")}; stop programs that hold ports.");
    }

    /// <summary>Who listens on the port: "name (pid N)"; null when nobody does.</summary>
    public static string? DescribeHolder(int port)
    {
        HashSet<string> inodes = [.. Listeners("/proc/net/tcp", port), .. Listeners("/proc/net/tcp6", port)];
        if (inodes.Count == 0)
        {
            return null;
        }

        foreach (int process in ProcessTable.All())
        {
            if (OpenSockets(process).Any(inodes.Contains))
            {
                return $"{ProcessTable.Name(process)} (pid {process})";
            }
        }

        return "a process of another user";
    }

    internal static bool CanBind(int port) => CanBind(IPAddress.Loopback, port) && CanBind(IPAddress.IPv6Loopback, port);

    private static bool CanBind(IPAddress address, int port)
    {
        try
        {
            using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable)
        {
            return address.AddressFamily == AddressFamily.InterNetworkV6;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static (int From, int To) EphemeralRange()
    {
        const string File = "/proc/sys/net/ipv4/ip_local_port_range";
        string[] words = System.IO.File.Exists(File) ? System.IO.File.ReadAllText(File).Split('\t', '\n', ' ') : ["32768", "60999"];
        return (int.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture));
    }

    // Columns: number, local address:port in hexadecimal, remote, state (0A = listening), queues, timer, retransmits, user, timeout, inode.
    private static IEnumerable<string> Listeners(string table, int port)
    {
        if (!File.Exists(table))
        {
            return [];
        }

        string suffix = $":{port:X4}";
        return File.ReadLines(table)
            .Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => columns.Length > 9 && columns[3] == "0A" && columns[1].EndsWith(suffix, StringComparison.Ordinal))
            .Select(columns => $"socket:[{columns[9]}]");
    }

    private static IEnumerable<string> OpenSockets(int process)
    {
        try
        {
            return [.. Directory.EnumerateFiles($"/proc/{process}/fd").Select(path => new FileInfo(path).LinkTarget).OfType<string>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
