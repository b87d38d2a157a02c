using System.Diagnostics;

namespace Aspire.Hosting.Runtime;

/// <summary>Tells whoever started the application what happens: one line per change that is worth seeing.</summary>
internal sealed class AppConsole(RunSettings settings, TimeProvider time)
{
    private const int NameWidth = 24;
    private const int StateWidth = 11;

    private readonly Lock _lock = new();
    private readonly long _began = time.GetTimestamp();

    /// <summary>A step of something that takes a while, such as installing the local servers.</summary>
    public void Progress(string text) => Write($"  {text}");

    /// <summary>An instance has reached a state.</summary>
    public void State(string name, string state, string detail) =>
        Write($"  {name.PadRight(NameWidth)} {state.PadRight(StateWidth)} {Elapsed,8}   {detail}".TrimEnd());

    /// <summary>Any other line.</summary>
    public void Write(string line)
    {
        if (settings.IsTest)
        {
            Debug.WriteLine(line);
            return;
        }

        try
        {
            lock (_lock)
                Console.Out.WriteLine(line);
        }
        catch (IOException)
        {
            // A terminal that was closed, or a file on a full disk, costs the line; the resources go on.
        }
    }

    private string Elapsed => $"{time.GetElapsedTime(_began).TotalSeconds:0.0} s";
}
