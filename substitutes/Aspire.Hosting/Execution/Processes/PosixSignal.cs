using System.Runtime.InteropServices;

namespace Aspire.Hosting.Execution;

/// <summary>Signals to processes and process groups.</summary>
internal static class PosixSignal
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    /// <summary>Signals every process of a group; false when the group has no member left.</summary>
    public static bool SendToGroup(int group, int signal) => kill(-group, signal) == 0;

    public static bool Send(int process, int signal) => kill(process, signal) == 0;

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);
}
