using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The names of the commands that every resource has.</summary>
public static class KnownResourceCommands
{
    /// <summary>Starts the resource.</summary>
    public static readonly string StartCommand = "start";

    /// <summary>Stops the resource.</summary>
    public static readonly string StopCommand = "stop";

    /// <summary>Stops and starts the resource.</summary>
    public static readonly string RestartCommand = "restart";

    /// <summary>Builds a project and starts it again.</summary>
    public static readonly string RebuildCommand = "rebuild";

    /// <summary>Sets a parameter's value.</summary>
    public static readonly string SetParameterCommand = "set-parameter";

    /// <summary>Deletes a parameter's value.</summary>
    public static readonly string DeleteParameterCommand = "delete-parameter";
}

/// <summary>A command of a resource.</summary>
public sealed class ResourceCommandAnnotation(
    string name, string displayName, Func<UpdateCommandStateContext, ResourceCommandState> updateState,
    Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand, string? displayDescription, object? parameter,
    string? confirmationMessage, string? iconName, IconVariant? iconVariant, bool isHighlighted) : IResourceAnnotation
{
    /// <summary>The command's name.</summary>
    public string Name { get; } = name;

    /// <summary>The name shown.</summary>
    public string DisplayName { get; } = displayName;

    /// <summary>Tells whether the command is possible.</summary>
    public Func<UpdateCommandStateContext, ResourceCommandState> UpdateState { get; } = updateState;

    /// <summary>Executes the command.</summary>
    public Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ExecuteCommand { get; } = executeCommand;

    /// <summary>What the command does.</summary>
    public string? DisplayDescription { get; } = displayDescription;

    /// <summary>What to ask before.</summary>
    public string? ConfirmationMessage { get; } = confirmationMessage;

    /// <summary>The icon.</summary>
    public string? IconName { get; } = iconName;

    /// <summary>The icon's variant.</summary>
    public IconVariant? IconVariant { get; } = iconVariant;

    /// <summary>Whether the command stands out.</summary>
    public bool IsHighlighted { get; } = isHighlighted;

    /// <summary>Who sees the command.</summary>
    public ResourceCommandVisibility Visibility { get; internal init; } = ResourceCommandVisibility.UI | ResourceCommandVisibility.Api;

    internal object? Argument { get; } = parameter;
}

/// <summary>Optional features of a command.</summary>
public class CommandOptions
{
    internal static CommandOptions Default { get; } = new();

    /// <summary>What the command does.</summary>
    public string? Description { get; set; }

    /// <summary>What to ask before.</summary>
    public string? ConfirmationMessage { get; set; }

    /// <summary>The icon.</summary>
    public string? IconName { get; set; }

    /// <summary>The icon's variant.</summary>
    public IconVariant? IconVariant { get; set; }

    /// <summary>Whether the command stands out.</summary>
    public bool IsHighlighted { get; set; }

    /// <summary>Tells whether the command is possible; always, when null.</summary>
    public Func<UpdateCommandStateContext, ResourceCommandState>? UpdateState { get; set; }

    /// <summary>Who sees the command.</summary>
    public ResourceCommandVisibility Visibility { get; set; } = ResourceCommandVisibility.UI | ResourceCommandVisibility.Api;
}

/// <summary>Whether a command is possible.</summary>
public enum ResourceCommandState
{
    /// <summary>It is.</summary>
    Enabled,

    /// <summary>It is not.</summary>
    Disabled,

    /// <summary>It is not even shown.</summary>
    Hidden,
}

/// <summary>Who sees a command.</summary>
[Flags]
public enum ResourceCommandVisibility
{
    /// <summary>Nobody.</summary>
    None = 0,

    /// <summary>A dashboard.</summary>
    UI = 1,

    /// <summary>Programs.</summary>
    Api = 2,
}

/// <summary>What decides whether a command is possible.</summary>
public sealed class UpdateCommandStateContext
{
    /// <summary>The resource's state.</summary>
    public required CustomResourceSnapshot ResourceSnapshot { get; init; }

    /// <summary>The application's services.</summary>
    public required IServiceProvider Services { get; init; }
}

/// <summary>For what a command is executed.</summary>
public sealed class ExecuteCommandContext
{
    /// <summary>The application's services.</summary>
    public required IServiceProvider Services { get; init; }

    /// <summary>The name of the resource's instance.</summary>
    public required string ResourceName { get; init; }

    /// <summary>Cancels the command.</summary>
    public required CancellationToken CancellationToken { get; init; }

    /// <summary>The resource's log.</summary>
    public required ILogger Logger { get; init; }
}

/// <summary>What became of a command.</summary>
public sealed class ExecuteCommandResult
{
    /// <summary>Whether it succeeded.</summary>
    public required bool Success { get; init; }

    /// <summary>Whether it was cancelled.</summary>
    public bool Canceled { get; init; }

    /// <summary>What there is to say about it.</summary>
    public string? Message { get; init; }
}

/// <summary>Makes results of commands.</summary>
public static class CommandResults
{
    /// <summary>It succeeded.</summary>
    public static ExecuteCommandResult Success() => new() { Success = true };

    /// <summary>It succeeded, with a message.</summary>
    public static ExecuteCommandResult Success(string message) => new() { Success = true, Message = message };

    /// <summary>It failed.</summary>
    public static ExecuteCommandResult Failure(string? errorMessage = null) => new() { Success = false, Message = errorMessage };

    /// <summary>It failed with an exception.</summary>
    public static ExecuteCommandResult Failure(Exception exception) => Failure(exception.Message);

    /// <summary>It was cancelled.</summary>
    public static ExecuteCommandResult Canceled() => new() { Success = false, Canceled = true };
}
