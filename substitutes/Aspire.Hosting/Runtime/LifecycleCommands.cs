using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>The commands that every project, executable and container has.</summary>
internal static class LifecycleCommands
{
    public static void Add(IResource resource, Orchestrator orchestrator)
    {
        Add(resource, KnownResourceCommands.StartCommand, "Start", "Play", state => !IsAlive(state),
            context => orchestrator.StartInstanceAsync(resource, context.ResourceName, context.CancellationToken));
        Add(resource, KnownResourceCommands.StopCommand, "Stop", "Stop", IsAlive,
            context => orchestrator.StopInstanceAsync(resource, context.ResourceName));
        Add(resource, KnownResourceCommands.RestartCommand, "Restart", "ArrowCounterclockwise", IsAlive, async context =>
        {
            var stopped = await orchestrator.StopInstanceAsync(resource, context.ResourceName);
            return stopped.Success
                ? await orchestrator.StartInstanceAsync(resource, context.ResourceName, context.CancellationToken)
                : stopped;
        });
    }

    private static void Add(
        IResource resource, string name, string displayName, string icon, Func<string?, bool> isPossible,
        Func<ExecuteCommandContext, Task<ExecuteCommandResult>> execute)
    {
        if (resource.Annotations.OfType<ResourceCommandAnnotation>().Any(c => c.Name == name))
            return;

        resource.Annotations.Add(new ResourceCommandAnnotation(
            name, displayName,
            context => isPossible(context.ResourceSnapshot.State?.Text) ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
            execute, null, null, null, icon, IconVariant.Filled, isHighlighted: true));
    }

    private static bool IsAlive(string? state) =>
        state == KnownResourceStates.Running || state == KnownResourceStates.Starting || state == KnownResourceStates.RuntimeUnhealthy;
}
