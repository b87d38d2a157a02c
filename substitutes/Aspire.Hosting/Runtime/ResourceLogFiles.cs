using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Execution;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Runtime;

/// <summary>Keeps the output of each resource in a file, <c>NAME.log</c>, until the next run.</summary>
internal sealed partial class ResourceLogFiles : IHostedLifecycleService, IDisposable
{
    private const long Limit = 10 * 1024 * 1024;

    private readonly ResourceLoggerService _loggers;
    private readonly DistributedApplicationModel _model;
    private readonly Lazy<bool> _directoryIsNew;
    private readonly ConcurrentDictionary<string, RotatingFile?> _files = new(StringComparer.OrdinalIgnoreCase);

    public ResourceLogFiles(
        ResourceLoggerService loggers, DistributedApplicationModel model, IConfiguration configuration, IHostEnvironment environment)
    {
        (_loggers, _model) = (loggers, model);
        var application = VolumeNameGenerator.Prefix(environment.ApplicationName, configuration).TrimEnd('-');
        Location = Path.Combine(LocalServerDirectory.OfUser.Logs, application);
        _directoryIsNew = new Lazy<bool>(MakeDirectory);
    }

    /// <summary>The directory of the files.</summary>
    public string Location { get; }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _loggers.LineAdded += Write;
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        _loggers.LineAdded -= Write;
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var file in _files.Values)
            file?.Dispose();
    }

    // The log of a resource has the lines of all its instances. Colours are for terminals; an editor shows them as noise.
    private void Write(string name, LogLine line) => _files.GetOrAdd(name, Open)?.WriteLine(Colour().Replace(line.Content, ""));

    private RotatingFile? Open(string name) =>
        _model.Resources.TryGetByName(name, out var resource) && _directoryIsNew.Value
            ? new RotatingFile(Path.Combine(Location, $"{resource.Name}.log"), Limit)
            : null;

    // With the first line, not before: a second run that ends because the ports are taken leaves the first one's files alone.
    private bool MakeDirectory()
    {
        try
        {
            if (Directory.Exists(Location))
                Directory.Delete(Location, recursive: true);
            Directory.CreateDirectory(Location);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // where nothing can be written, the application runs all the same
        }
    }

    // Nothing to backtrack, and an exception would end the reading of the output: no limit.
    [GeneratedRegex(@"\x1b\[[0-9;]*m", RegexOptions.None, Timeout.Infinite)]
    private static partial Regex Colour();
}
