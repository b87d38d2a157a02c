using System.Diagnostics.Metrics;
using Npgsql;

namespace RankMyBrand.Foundation.Events;

/// <summary>Metrics of event sourcing.</summary>
internal sealed class SourcingTelemetry
{
    public const string Name = "RankMyBrand.Sourcing";

    private readonly Counter<long> _appended;
    private readonly Counter<long> _repeated;
    private readonly Counter<long> _conflicts;

    public SourcingTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _appended = meter.CreateCounter<long>("rankmybrand.sourcing.appended", "{event}", "Events appended to their stream.");
        _repeated = meter.CreateCounter<long>("rankmybrand.sourcing.repeated", "{append}", "Appends that had happened before.");
        _conflicts = meter.CreateCounter<long>("rankmybrand.sourcing.conflicts", "{append}", "Appends that found another version.");
    }

    public async Task<AppendResult> MeasureAsync(
        Append append, NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken cancellationToken)
    {
        try
        {
            var result = await append.ExecuteAsync(connection, transaction, cancellationToken);
            if (result.IsDuplicate)
                _repeated.Add(1);
            else
                _appended.Add(result.LastVersion - result.FirstVersion + 1);
            return result;
        }
        catch (VersionConflictException)
        {
            _conflicts.Add(1);
            throw;
        }
    }
}
