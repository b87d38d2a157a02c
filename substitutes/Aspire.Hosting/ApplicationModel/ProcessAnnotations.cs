using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>The command of an executable.</summary>
    public sealed class ExecutableAnnotation : IResourceAnnotation
    {
        /// <summary>The program.</summary>
        public required string Command { get; set; }

        /// <summary>The folder in which it runs.</summary>
        public required string WorkingDirectory { get; set; }
    }

    /// <summary>The launch profile of a project.</summary>
    public sealed class LaunchProfileAnnotation(string launchProfileName) : IResourceAnnotation
    {
        /// <summary>The profile's name.</summary>
        public string LaunchProfileName { get; } = launchProfileName;
    }

    /// <summary>The launch profile of a project when it has one of that name.</summary>
    public sealed class DefaultLaunchProfileAnnotation(string launchProfileName) : IResourceAnnotation
    {
        /// <summary>The profile's name.</summary>
        public string LaunchProfileName { get; } = launchProfileName;
    }

    /// <summary>Starts a project without a launch profile.</summary>
    public sealed class ExcludeLaunchProfileAnnotation : IResourceAnnotation;

    /// <summary>Leaves the forwarded-headers variable out.</summary>
    public sealed class DisableForwardedHeadersAnnotation : IResourceAnnotation;

    /// <summary>Sets environment variables of a resource.</summary>
    public class EnvironmentCallbackAnnotation : IResourceAnnotation
    {
        /// <summary>Sets one variable.</summary>
        public EnvironmentCallbackAnnotation(string name, Func<string> callback) => Callback = context =>
        {
            context.EnvironmentVariables[name] = callback();
            return Task.CompletedTask;
        };

        /// <summary>Sets variables.</summary>
        public EnvironmentCallbackAnnotation(Action<Dictionary<string, object>> callback) => Callback = context =>
        {
            callback(context.EnvironmentVariables);
            return Task.CompletedTask;
        };

        /// <summary>Sets variables with a view of the context.</summary>
        public EnvironmentCallbackAnnotation(Action<EnvironmentCallbackContext> callback) => Callback = context =>
        {
            callback(context);
            return Task.CompletedTask;
        };

        /// <summary>Sets variables asynchronously.</summary>
        public EnvironmentCallbackAnnotation(Func<EnvironmentCallbackContext, Task> callback) => Callback = callback;

        /// <summary>Sets the variables.</summary>
        public Func<EnvironmentCallbackContext, Task> Callback { get; }
    }

    /// <summary>Adds command-line arguments of a resource.</summary>
    public class CommandLineArgsCallbackAnnotation : IResourceAnnotation
    {
        /// <summary>Adds them at once.</summary>
        public CommandLineArgsCallbackAnnotation(Action<IList<object>> callback) => Callback = context =>
        {
            callback(context.Args);
            return Task.CompletedTask;
        };

        /// <summary>Adds them asynchronously.</summary>
        public CommandLineArgsCallbackAnnotation(Func<CommandLineArgsCallbackContext, Task> callback) => Callback = callback;

        /// <summary>Adds the arguments.</summary>
        public Func<CommandLineArgsCallbackContext, Task> Callback { get; }
    }
}

namespace Aspire.Hosting
{
    /// <summary>Where a project is.</summary>
    public interface IProjectMetadata : IResourceAnnotation
    {
        /// <summary>The project file's absolute path.</summary>
        string ProjectPath { get; }

        /// <summary>The launch settings, or null to read them from the project's folder.</summary>
        LaunchSettings? LaunchSettings => null;

        /// <summary>Whether the project is built already.</summary>
        bool SuppressBuild => false;

        /// <summary>Whether the project is a single file.</summary>
        bool IsFileBasedApp => Path.GetExtension(ProjectPath).Equals(".cs", StringComparison.OrdinalIgnoreCase);
    }
}
