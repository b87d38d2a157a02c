using System.Diagnostics;

namespace Aspire.Hosting.Execution;

/// <summary>
/// A shell in a session of its own that ends what this process started when this process ends, even by SIGKILL: its standard input is a
/// pipe from here, and the kernel closes that pipe.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    // "+ GROUP" and "- GROUP" keep the list of process groups, "! COMMAND" adds a command for the end, "clear" forgets the commands.
    // At the end of input: SIGTERM to the groups, SIGKILL after three seconds, also to what left its group (the marker in its environment).
    private const string Script =
        """
        exec >/dev/null 2>&1
        cd /
        session=$1 groups= commands=
        while read -r verb rest; do
            case $verb in
                +) groups="$groups $rest" ;;
                -) kept=; for group in $groups; do [ "$group" = "$rest" ] || kept="$kept $group"; done; groups=$kept ;;
                !) commands="$commands
        $rest" ;;
                clear) commands= ;;
            esac
        done
        for group in $groups; do kill -s TERM -- "-$group"; done
        rounds=0
        while [ "$rounds" -lt 30 ]; do
            alive=; for group in $groups; do ! kill -0 -- "-$group" || alive=1; done
            [ -n "$alive" ] || break
            sleep 0.1
            rounds=$((rounds + 1))
        done
        for round in 1 2; do
            for group in $groups; do kill -s KILL -- "-$group"; done
            for file in $(grep -lsz "^ASPIRE_SUPERVISOR=$session\$" /proc/[0-9]*/environ); do
                process=${file#/proc/}
                kill -s KILL "${process%/environ}"
            done
            sleep 0.1
        done
        eval "$commands"
        """;

    private readonly Process _process;
    private readonly Lock _gate = new();

    public Watchdog(string session)
    {
        ProcessStartInfo start = new("setsid") { RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = "/" };
        foreach (string argument in (string[])["/bin/sh", "-c", Script, "watchdog", session])
        {
            start.ArgumentList.Add(argument);
        }

        // An application host may run under another one; that one's end must not take this watchdog before it has done its work.
        start.Environment.Remove(ProcessSupervisor.SessionVariable);
        start.Environment.Remove(ProcessSupervisor.WorkloadVariable);
        _process = Process.Start(start) ?? throw new InvalidOperationException("No process was started.");
    }

    public int ProcessId => _process.Id;

    public void Watch(int group) => Write($"+ {group}");

    public void Forget(int group) => Write($"- {group}");

    /// <summary>Runs a shell command when this process ends without <see cref="ForgetCommands"/>.</summary>
    public void AddCommand(string command) => Write($"! {command}");

    public void ForgetCommands() => Write("clear");

    public void Dispose()
    {
        lock (_gate)
        {
            try
            {
                _process.StandardInput.Dispose();
            }
            catch (IOException)
            {
                // It has ended already: nothing was left to watch.
            }
        }

        _process.WaitForExit(TimeSpan.FromSeconds(10));
        _process.Dispose();
    }

    private void Write(string line)
    {
        lock (_gate)
        {
            try
            {
                _process.StandardInput.Write($"{line}\n");
                _process.StandardInput.Flush();
            }
            catch (IOException)
            {
                // Somebody killed the watchdog; the orderly stop does not need it.
            }
        }
    }
}
