using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;

namespace Aspire.Hosting.Runtime;

/// <summary>What every runner needs.</summary>
internal sealed record RunServices(
    DistributedApplicationModel Model, ResourceNotificationService Notifications, ResourceLoggerService Loggers,
    IDistributedApplicationEventing Eventing, DistributedApplicationExecutionContext ExecutionContext, Launcher Launcher, RestartPolicy Restarts,
    StartFailures Failures, AppConsole Console, TimeProvider Time, IServiceProvider Provider);
