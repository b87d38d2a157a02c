namespace Aspire.Hosting.Execution;

/// <summary>A container that ends with the application host; the attached command line carries its output and its exit code.</summary>
internal sealed class SessionContainer(EngineCommand command, string name, Workload client) : Workload
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public override int? ProcessId => null;

    public override Task<int> Completion => client.Completion;

    public override async Task StopAsync(TimeSpan grace)
    {
        if (Completion.IsCompleted)
        {
            return;
        }

        int seconds = (int)Math.Ceiling(grace.TotalSeconds);
        await command.RunAsync(["stop", "-t", $"{seconds}", name], CancellationToken.None);
        await ((Task)Completion).WaitAsync(s_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!Completion.IsCompleted)
        {
            // It was not created yet when the stop came, or the engine hangs.
            await client.StopAsync(s_patience);
            await command.RunAsync(["rm", "--force", "--volumes", name], CancellationToken.None);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        await client.DisposeAsync();
    }
}
