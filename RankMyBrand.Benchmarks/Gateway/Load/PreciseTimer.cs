using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RankMyBrand.Benchmarks.Gateway.Load;

/// <summary>Sleeps to within some 50 µs, where the runtime's own sleep is good to a millisecond, and spinning would take a core.</summary>
internal static class PreciseTimer
{
    public static void WaitUntil(long timestamp)
    {
        var left = (timestamp - Stopwatch.GetTimestamp()) * (1_000_000_000 / Stopwatch.Frequency);
        if (left <= 0)
            return;
        var time = new TimeSpec(left / 1_000_000_000, left % 1_000_000_000);
        // Woken early by a signal, the request is a little early: nothing to correct.
        _ = Sleep(in time, 0);
    }

    [DllImport("libc", EntryPoint = "nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sleep(in TimeSpec time, nint left);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
