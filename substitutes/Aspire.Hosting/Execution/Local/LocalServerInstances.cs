namespace Aspire.Hosting.Execution;

/// <summary>Directories for data without a named volume: they live as long as the application host.</summary>
internal sealed class LocalServerInstances(LocalServerDirectory directory, ProcessSupervisor supervisor)
{
    private readonly Lock _gate = new();
    private string? _ofThisRun;

    public string DirectoryFor(string container, string target) =>
        LocalServerDirectory.Make(Path.Combine(OfThisRun(), container, target.Trim('/').Replace('/', '_')));

    private string OfThisRun()
    {
        lock (_gate)
        {
            if (_ofThisRun is not null)
            {
                return _ofThisRun;
            }

            DeleteLeftovers();
            string path = Path.Combine(directory.Instances, $"{Environment.ProcessId}-{ProcessTable.StartTime(Environment.ProcessId)}-{supervisor.Session}");
            Directory.CreateDirectory(path);
            supervisor.AtEnd(
                () =>
                {
                    Delete(path);
                    return Task.CompletedTask;
                },
                $"rm -rf --one-file-system '{path.Replace("'", "'\\''", StringComparison.Ordinal)}'");
            return _ofThisRun = path;
        }
    }

    // A machine that lost its power could not tidy up.
    private void DeleteLeftovers()
    {
        if (!Directory.Exists(directory.Instances))
        {
            return;
        }

        foreach (string path in Directory.EnumerateDirectories(directory.Instances))
        {
            string[] owner = Path.GetFileName(path).Split('-');
            if (owner.Length == 3 && int.TryParse(owner[0], out int process) && ProcessTable.StartTime(process) != owner[1])
            {
                try
                {
                    Delete(path);
                }
                catch (IOException)
                {
                    // Servers of a run that has just been killed still write there; its watchdog deletes the rest after them.
                }
            }
        }
    }

    // What tidies up after a killed application host may be deleting the same directory at this moment.
    private static void Delete(string path)
    {
        while (Directory.Exists(path))
        {
            try
            {
                Directory.Delete(path, recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
            }
        }
    }
}
