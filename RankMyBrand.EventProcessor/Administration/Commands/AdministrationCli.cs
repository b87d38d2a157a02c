using System.CommandLine;
using System.CommandLine.Invocation;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace RankMyBrand.EventProcessor.Administration.Commands;

/// <summary>
/// The command line of operators: <c>dead-letters</c>, <c>replay</c> and <c>groups</c>. It uses the configuration of the service, and ends
/// with 0, with 1 when something failed, or with 2 when it was not understood.
/// </summary>
internal static class AdministrationCli
{
    private const int Failure = 1;
    private const int Usage = 2;

    /// <summary>True for arguments that are a command, if a misspelt one, and not settings of the service.</summary>
    public static bool Handles(string[] args) => args is [var first, ..]
        && (first is "--help" or "-h" or "-?" || !IsSetting(first));

    /// <param name="args">The arguments.</param>
    /// <param name="output">What was asked for.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="configure">Changes the configuration; for tests.</param>
    public static async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, Action<IHostApplicationBuilder>? configure = null)
    {
        await using var session = new Session(output, error, configure);
        var root = new RootCommand(
            "Administers the events of RankMyBrand. Connection strings come from the configuration of the service, such as "
            + "ConnectionStrings__redis.")
        {
            DeadLetterCommands.Create(session),
            ReplayCommands.Create(session),
            GroupCommands.Create(session),
        };
        var parsed = root.Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var fault in parsed.Errors)
                await error.WriteLineAsync(fault.Message);
            await error.WriteLineAsync("Add --help to see what is possible.");
            return Usage;
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (e is RedisConnectionException or RedisTimeoutException)
        {
            await error.WriteLineAsync($"Redis does not answer: {Table.Clean(e.Message)}");
            return Failure;
        }
        catch (Exception e) when (e is EventRejectedException or ReplayConflictException or RedisException
            or OptionsValidationException or InvalidOperationException)
        {
            await error.WriteLineAsync(Table.Clean(e.Message));
            return Failure;
        }
        catch (OperationCanceledException)
        {
            return Failure;
        }
    }

    private static bool IsSetting(string argument) =>
        argument.StartsWith('-') || argument.StartsWith('/') || argument.Contains('=', StringComparison.Ordinal);
}
