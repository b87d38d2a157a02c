namespace Aspire.Hosting.Execution;

/// <summary>Chooses what runs containers on this machine.</summary>
internal static class ContainerRuntimes
{
    // An engine that seems to run gets longer: a busy machine must not end up with other data than yesterday.
    private static TimeSpan Patience => Environment.GetEnvironmentVariable("DOCKER_HOST") is not null || File.Exists("/var/run/docker.sock")
        ? TimeSpan.FromSeconds(8)
        : TimeSpan.FromSeconds(2);

    /// <param name="configured">"docker", "podman", "none" for local servers, or null to take the first that answers.</param>
    /// <exception cref="DistributedApplicationException">The configured engine does not answer, or the name is unknown.</exception>
    public static async Task<IContainerRuntime> DetectAsync(string? configured, ProcessSupervisor supervisor, CancellationToken cancellationToken)
    {
        switch (configured?.Trim())
        {
            case "none" or "local":
                return Local(supervisor);
            case "docker" or "podman":
                string engine = configured.Trim();
                return await AnswersAsync(engine, supervisor, cancellationToken)
                    ? new CommandLineContainerRuntime(engine, supervisor)
                    : throw new DistributedApplicationException(
                        $"ASPIRE_CONTAINER_RUNTIME asks for {engine}, and '{engine} version' does not answer; start it, or unset the variable to run local servers.");
            case null or "":
                foreach (string candidate in (string[])["docker", "podman"])
                {
                    if (await AnswersAsync(candidate, supervisor, cancellationToken))
                    {
                        return new CommandLineContainerRuntime(candidate, supervisor);
                    }
                }

                return Local(supervisor);
            case var unknown:
                throw new DistributedApplicationException(
                    $"ASPIRE_CONTAINER_RUNTIME is '{unknown}', and only docker, podman and none (local servers) are known.");
        }
    }

    private static LocalServerRuntime Local(ProcessSupervisor supervisor) => new(supervisor, LocalServerDirectory.OfUser);

    private static async Task<bool> AnswersAsync(string engine, ProcessSupervisor supervisor, CancellationToken cancellationToken)
    {
        if (ExecutablePath.FindInPath(engine) is null)
        {
            return false;
        }

        EngineCommand command = new(engine, supervisor);
        string format = engine == "docker" ? "{{.Server.Version}}" : "{{.Client.Version}}";
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            EngineResult result = await command.RunAsync(["version", "--format", format], patience.Token);
            return result.ExitCode == 0 && result.Output.Length > 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
