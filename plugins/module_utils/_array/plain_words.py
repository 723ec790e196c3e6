# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of messages that name nothing: what a recording keeps of a sentence. Pure.

A host or a volume may be called by any word, so a word that is not here is taken for a name.
"""

from __future__ import annotations

import typing as t

PLAIN_WORDS: t.Final = frozenset(
    """
    a abort aborted about above accept accepted access according account accounts across action actions active
    activity actual add added adding address addresses administrator after again against age agent alert alerts
    alias all alloc allocated allow allowed allows alone already also always among amount an and another answer
    answered answers any anything appliance appliances application applied apply are aren argument arguments array
    arrays as ask asked asks assign assigned asynchronous at attach attached attempt attempted attempts attribute
    attributes audit audited authentication authority authorization authorized automatically available aware away
    back background bad bandwidth based basic batch be because become been before began begin begins behind being
    below between bits block blocked blocks bodies body both bound broadcast broken buffered busy but by byte bytes
    called can cancel cancelled cannot capacity care case cause caused certificate certificates chain change changed
    changes changing channel character characters check checked checking checks choose chosen chunked claim class
    clean cleaned cleanup clear cleared client clients clock clone cloned clones cloning close closed cluster
    clusters code codes collection combination come comes command comment common communicate communication
    compatible complete completed completes component compression concurrent condition conditions configuration
    configure configured configuring confirm confirmed conflict connect connected connecting connection connections
    consistency consistent contact contain contained contains content context continue control controller converted
    copied copy correct corrupt corrupted could couldn count counted counting counts create created creates creating
    creation credentials critical current currently cut cycle damaged data database date day days deadline decode
    decoded decryption default defaults degraded delay delayed delete deleted deletes deleting deletion demote
    demoted denied depends depleted description destination destinations detach detached detaching detail details
    detected device did differ different direct directly directory disabled disallowed disconnect disconnected
    discovered disk do does doesn domain don done down dr drill drills drive drives due during each earlier edit
    either elapsed element elements else empty enable enabled encoding end ended endpoint endpoints ends enough
    ensure enter entries entry error errors event events every exceed exceeded exceeds except exception exclude
    excluded exhausted exist existed existing exists expected expiration expire expired expires expiring expiry
    export exports extend external fail failed failing failover fails failure false family fatal fault faults
    feature fetch field fields file files filter filtering filters final find finding finish finished first flag
    flow follow following follows for forbidden forced forcibly format found fraction free freed from full function
    further gateway general generated get given go going good granted greater group groups had hand handle handled
    handler handshake hard hardware has have header headers health healthy help here high higher holds host hostname
    hosts hour hours how however i id identical identifier identity idle if ignored illegal immediately import in
    inactive inappropriate included includes including incompatible incomplete inconsistent incorrect increase index
    infinite information initial initialize initialized initializing initiate initiator initiators inside instance
    instances instant instead insufficient integer interface interfaces internal interrupted interrupts into invalid
    is isn issue issued issuer it item items its itself job jobs join joined just keep kept key keys kind known
    large larger last latency later latest leave left length less level license like limit limits line link linked
    list listed lists load local located lock locked log logged login logout logs long longer look looking looks
    lookup lost low lower mac maintenance make making manage managed management manager mandatory manual many map
    mapped mapping mappings max maximum may me member members memory message messages metadata method metro might
    migrate migrated migration min minimum minor minute minutes mirror mismatch missing mode modified modifies
    modify modifying moment monitor more most mount mounted move moved much multiple must my name named names naming
    nas near need needed needs negotiated negotiation neither network networks never new next no node nodes none nor
    normal not note nothing now null number numbers object objects observed obtain occurred odd of off offline
    offset often ok old older oldest on once one ones online only open opened operation operations operator option
    optional options or order original other others otherwise our out outside over overlap own owned owner page
    paged paging pair paired pairs parameter parameters parent part partial partially partner parts passed password
    patch path paths pause paused pausing peer pending per percent perform performed period permission permissions
    permitted phase physical pipe place planned please point points policies policy pool pools port ports possible
    precondition present prevent previous primary prior privilege privileges problem proceed process processed
    processing production profile progress promote promoted property protected protection protocol provide provided
    provides proxy query queue queued quota range ranges rate reach reachable reached reaches read reading reads
    ready reason reboot received recent recommended record recorded recover recovery recreate recreated reference
    references refers refresh refuse refused refusing regarding region reject rejected related relation relationship
    release released remain remaining remains remote remove removed removing rename renamed repeat replace replaced
    replica replicate replicated replicates replicating replication report reported reports reprotect request
    requested requester requests require required requires reserved reset resize resolve resolved resource resources
    respond responded response responses rest restart restarted restore restored restricted result results resume
    resumed resuming retention retried retries retry return returned returns revert reverted role roles roll
    rollback root route routes row rows rule rules run running runs s same save saved scan schedule scheduled schema
    scope search second seconds section secure secured security see sees select selected selection self send sending
    sends sent separate serial server servers service services serving session sessions set sets setting settings
    several shadow share shared shares should shown shows shrink shrunk shut shutdown side sides signed since single
    site size sizes slow smaller snapshot snapshots so socket software some something soon sorted source sources
    space spawn specific specified stale stamp standby start started starting starts state states status step steps
    still stop stopped stopping stops storage store stored stream string strings subject subnet succeeded success
    successful successfully such suddenly support supported supports sure switch switching sync synchronization
    synchronize synchronized synchronizing synchronous syntax system systems t table tables take taken takes taking
    target targets task tasks technical temporarily temporary terminated test tested testing tests text than that
    the their them then there therefore these they thin this those through throughput thus time timed timeout times
    to together token too total transfer transferred transferring transit transport tree trial tried trigger
    triggered true trust trusted try trying tunnel two type types unable unassigned unauthorized unavailable under
    unexpected unique unit unknown unless unlocked unmapped unmount unnamed unpaired unplanned unprotected
    unreachable unrecognized unresponsive unspecified unsupported until unused unverified up update updated updates
    upgrade upgraded upgrading upload upper url urls usage use used user username users uses using valid validate
    validation value values variable verification verified verify version versions via view virtual visible volume
    volumes wait waited waiting waits want warning was wasn way we were what whatever when where whether which while
    who whole whose why will window wire with within without witness word work working works would write writes
    writing written wrong yet you your zero zeros zone
    """.split()  # noqa: SIM905  (as a list it would be a thousand lines)
)
